package dev.caseweave

import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** The resource directory: a colleague finds a provider by need and language and refers a case to it. */
class DirectoryTest : AgencyTest() {
    @Test
    fun `a colleague finds a provider by need and language and refers a case to it`() = runTest {
        val ben = server.worker("Ben")
        val anas = server.device(ana, "anas")
        val bens = server.device(ben, "bens")
        val house = anas.newId()
        val pantry = anas.newId()
        val offered =
            ServiceUpdate(name = "Despensa", needs = listOf(NeedDomain.FoodInsecurity), languages = listOf("es-MX"))
        anas.edit(
            house,
            Edit.Provider(ProviderEdit.Open(house, ProviderUpdate(name = "Casa", area = "Pilsen 60608"))),
            Edit.Service(ServiceEdit.Add(pantry, offered)),
        )
        listOf(anas, bens).forEach { it.sync() }

        val query = ProviderQuery(need = NeedDomain.FoodInsecurity, language = "es", area = "60608", age = 70)
        val row = bens.providers(query).rows.single()
        assertEquals(listOf(house, "Casa", "Despensa"), listOf(row.id, row.name, row.services.single().name))
        assertTrue(bens.providers(ProviderQuery(language = "pl")).rows.isEmpty())
        val case = Entries(bens).openCase("Rosa", "Díaz")
        val fields =
            ReferralUpdate(
                service = "Despensa",
                provider = row.name,
                directoryProvider = row.id,
                directoryService = row.services.single().id,
            )
        bens.edit(case, Edit.Referral(ReferralEdit.Add(bens.newId(), fields)))
        bens.edit(house, Edit.Provider(ProviderEdit.Update(ProviderUpdate(name = "House"))))
        listOf(bens, anas).forEach { it.sync() }

        val linked = bens.case(case).referrals.single()
        assertEquals(listOf("Casa", house, pantry), listOf(linked.provider, linked.directoryProvider, linked.directoryService))
        val view = anas.provider(house)
        assertEquals("House" to pantry, view.provider.name to view.services.single().meta.id)
        assertEquals(listOf(house), anas.search("despensa").map { it.provider })
    }
}
