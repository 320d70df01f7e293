-- 1: a draft that is signed as it stands, by what the server is known to have. In nobody's digest: who came later has not got it.
ALTER TABLE documents ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;

-- Cases of which the heads that the server is known to have moved: their drafts are to be looked at.
CREATE TABLE moved (
    case_id BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO moved SELECT DISTINCT case_id FROM documents WHERE kind = 1;

-- Documents that the next exchange asks for need not be here: closed drafts are not.
CREATE TABLE asked_for (
    document BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
INSERT INTO asked_for SELECT document FROM wanted;
DROP TABLE wanted;
ALTER TABLE asked_for RENAME TO wanted;
