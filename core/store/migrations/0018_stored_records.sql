-- Records beside their long documents: what stood in one when its first piece was written, and what each write since touched.

CREATE TABLE record_piece (
    number  INTEGER PRIMARY KEY,                    -- in the order of writing
    case_id BLOB NOT NULL,
    heads   BLOB NOT NULL,                          -- of the document as it was then
    bytes   BLOB NOT NULL                           -- zstd
) STRICT;
CREATE INDEX record_piece_by_case ON record_piece (case_id);
