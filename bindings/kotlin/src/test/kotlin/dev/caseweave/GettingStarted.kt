package dev.caseweave.example

import dev.caseweave.*
import java.nio.file.Path
import java.time.LocalDate

suspend fun firstDay(link: String, home: Path, keys: Path, http: HttpDriver): CaseView =
    Caseweave.enrol(link, home, FileKeyVault(keys), http).use { caseweave ->
        val case = caseweave.newId()
        val phone = caseweave.newId()
        caseweave.edit(
            case,
            Edit.Case(
                CaseEdit.Open(
                    id = case,
                    openedOn = LocalDate.of(2026, 6, 15),
                    case = CaseUpdate(sector = Sector.Health),
                    person = PersonUpdate(givenName = "Rosa", familyName = "Díaz"),
                ),
            ),
            Edit.Phone(PhoneEdit.Add(phone, PhoneUpdate(number = "555 0100"))),
        )
        try {
            caseweave.sync()
        } catch (later: CaseweaveException.Interrupted) {
            println("Saved here, not sent yet: ${later.reason}")
        }
        caseweave.case(case)
    }
