"""The resource directory: a colleague finds a provider by need and language and refers a case to it."""

from caseweave import (
    Edit,
    NeedDomain,
    ProviderEdit,
    ProviderQuery,
    ProviderUpdate,
    ReferralEdit,
    ReferralUpdate,
    ServiceEdit,
    ServiceUpdate,
)
from entries import open_case


def test_a_colleague_finds_a_provider_by_need_and_language_and_refers_a_case_to_it(server, ana):
    ben = server.worker("Ben")
    anas, bens = server.device(ana, "anas"), server.device(ben, "bens")
    house, pantry = anas.new_id(), anas.new_id()
    offered = ServiceUpdate(name="Despensa", needs=[NeedDomain.FOOD_INSECURITY()], languages=["es-MX"])
    anas.edit(
        house,
        Edit.PROVIDER(ProviderEdit.OPEN(house, ProviderUpdate(name="Casa", area="Pilsen 60608"))),
        Edit.SERVICE(ServiceEdit.ADD(pantry, offered)),
    )
    for device in (anas, bens):
        device.sync()

    query = ProviderQuery(need=NeedDomain.FOOD_INSECURITY(), language="es", area="60608", age=70)
    [row] = bens.providers(query).rows
    assert (row.id, row.name, row.services[0].name) == (house, "Casa", "Despensa")
    assert bens.providers(ProviderQuery(language="pl")).rows == []
    case, referral = open_case(bens, "Rosa", "Díaz"), bens.new_id()
    fields = ReferralUpdate(
        service="Despensa", provider=row.name, directory_provider=row.id, directory_service=row.services[0].id
    )
    bens.edit(case, Edit.REFERRAL(ReferralEdit.ADD(referral, fields)))
    bens.edit(house, Edit.PROVIDER(ProviderEdit.UPDATE(ProviderUpdate(name="House"))))
    for device in (bens, anas):
        device.sync()

    [linked] = bens.case(case).referrals
    assert (linked.provider, linked.directory_provider, linked.directory_service) == ("Casa", house, pantry)
    view = anas.provider(house)
    assert (view.provider.name, view.services[0].meta.id) == ("House", pantry)
    assert [hit.provider for hit in anas.search("despensa")] == [house]
