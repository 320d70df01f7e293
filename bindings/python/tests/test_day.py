"""One day of a case manager, from the worklist of the morning to that of the evening: two workers, two phones and the real server.

The day is that of `cargo xtask demo`, with the numbers it has there.
"""

import datetime

from caseweave import (
    AddressEdit,
    AddressUpdate,
    Answer,
    AssessmentEdit,
    AssessmentResult,
    AssessmentUpdate,
    AttachmentContent,
    AttachmentEdit,
    AttachmentKind,
    AttachmentUpdate,
    AuthorizationEdit,
    AuthorizationStatus,
    AuthorizationUpdate,
    CaseEdit,
    CaseUpdate,
    ConflictEdit,
    ConsentEdit,
    ConsentUpdate,
    Edit,
    EvvException,
    EvvFormat,
    EvvQuery,
    EvvStatus,
    ItemAnswer,
    Location,
    NoteEdit,
    NoteKind,
    NoteState,
    NoteUpdate,
    PersonSignature,
    Place,
    Proof,
    Reason,
    RecordPart,
    ReferralEdit,
    ReferralStatus,
    ReferralUpdate,
    ReportLocale,
    ReportOptions,
    RiskEdit,
    RiskLevel,
    RiskUpdate,
    Role,
    ScaleOutcome,
    SignerRole,
    TaskEdit,
    TaskStatus,
    TaskUpdate,
    Value,
    VisitEdit,
    VisitMoment,
    VisitStatus,
    VisitUpdate,
)
from entries import add_phone, change_phone, open_case

CLINIC = "Lakeside Clinic"


def seven_in_the_morning():
    """Hours east of UTC where it is between seven and eight now: the library's clock is the machine's, and no midnight may come between."""
    east = 7 - datetime.datetime.now(datetime.timezone.utc).hour
    return east if east >= -12 else east + 24


class Day:
    """Ana's day with the cases of Mei, Juan and Ida, and a task of it for Ben."""

    def __init__(self, hers, his, ana, ben):
        self.hers, self.his, self.ana, self.ben = hers, his, ana, ben
        east = seven_in_the_morning()
        self.zone, self._local = f"Etc/GMT{-east:+d}", datetime.timezone(datetime.timedelta(hours=east))
        self.today = datetime.datetime.now(self._local).date()
        self.mei, self.juan, self.ida = (self._case(given) for given in ("Mei", "Juan", "Ida"))
        self.number = add_phone(hers, self.mei, "555 0100")
        hers.sync()
        hers.share(self.mei, ben, Role.CONTRIBUTOR)
        hers.sync()
        his.sync()
        self._at_home()
        self._under_way()

    def _case(self, given):
        """A case that Ana has led for a week."""
        case = open_case(self.hers, given, "Díaz", self.ago(7))
        self.hers.edit(case, Edit.CASE(CaseEdit.UPDATE(CaseUpdate(lead_worker=self.ana))))
        return case

    def ago(self, days):
        return self.today - datetime.timedelta(days=days)

    def at(self, hour, minute=0, days=0):
        """A time of the day, or of one a number of days later."""
        return datetime.datetime.combine(self.ago(-days), datetime.time(hour, minute), self._local)

    def _at_home(self):
        """Where Mei lives, how pressing her risks are, and what she consents to."""
        consent = ConsentUpdate(
            recipient=CLINIC,
            subject="What the clinic needs to treat her",
            purpose="Treatment",
            covers=[RecordPart.ASSESSMENTS(), RecordPart.VISITS(), RecordPart.RISKS()],
        )
        home = AddressUpdate(line="12 Elm Street", latitude=41.88, longitude=-87.63)
        self.hers.edit(
            self.mei,
            Edit.CASE(CaseEdit.UPDATE(CaseUpdate(risk_level=RiskLevel.HIGH()))),
            Edit.ADDRESS(AddressEdit.ADD(self.hers.new_id(), home)),
            Edit.CONSENT(ConsentEdit.RECORD(self.hers.new_id(), consent)),
        )

    def _under_way(self):
        """What last week left: 35 of 40 units used, a referral nobody asked after, a late task, a missed visit, and what is for today."""
        self.visit, last_week, self.missed, self.fitting = (self.hers.new_id() for _ in range(4))
        self.authorization, self.referral, self.prescription, self.call = (self.hers.new_id() for _ in range(4))
        care = AuthorizationUpdate(payer="State plan", service="T1019", units=40, unit="15 minutes")
        meals = ReferralUpdate(
            service="Meals at home", provider="Lakeside Meals", sent_on=self.ago(7), follow_up_on=self.ago(3)
        )
        renew = TaskUpdate(title="Take the new prescription to the pharmacy", due_on=self.ago(3))
        self.hers.edit(
            self.mei,
            self._planned(self.visit, 9),
            self._planned(last_week, 9, days=-7),
            Edit.AUTHORIZATION(AuthorizationEdit.ADD(self.authorization, care)),
            Edit.AUTHORIZATION(AuthorizationEdit.SET_STATUS(self.authorization, AuthorizationStatus.APPROVED())),
            self._used(last_week, 35),
            Edit.REFERRAL(ReferralEdit.ADD(self.referral, meals)),
            Edit.TASK(TaskEdit.ADD(self.prescription, renew)),
            self._check_in(last_week, days=-7),
            self._check_out(last_week, days=-7),
            Edit.VISIT(VisitEdit.SIGN(last_week)),
        )
        self.hers.edit(
            self.juan, self._planned(self.missed, 9, days=-3), Edit.VISIT(VisitEdit.MISS(self.missed, "Nobody opened"))
        )
        wheelchair = TaskUpdate(title="Call about the wheelchair", due_on=self.today)
        self.hers.edit(self.ida, Edit.TASK(TaskEdit.ADD(self.call, wheelchair)), self._planned(self.fitting, 14))

    def _planned(self, visit, hour, days=0):
        planned = VisitUpdate(
            planned_start=self.at(hour, days=days),
            planned_end=self.at(hour, 45, days),
            purpose="Personal care",
            service="T1019",
            place=Place.HOME(),
        )
        return Edit.VISIT(VisitEdit.PLAN(visit, planned))

    def _moment(self, minute, days):
        """At Mei's door, a number of minutes after nine."""
        door = Location.FIX(latitude=41.88, longitude=-87.63, accuracy_m=12.0, mocked=False)
        return VisitMoment(
            at=self.at(9, minute, days), zone=self.zone, monotonic_ms=60_000 * minute, location=door, manual=False
        )

    def _check_in(self, visit, days=0):
        return Edit.VISIT(VisitEdit.CHECK_IN(self.hers.new_id(), visit, self._moment(0, days)))

    def _check_out(self, visit, days=0):
        return Edit.VISIT(VisitEdit.CHECK_OUT(self.hers.new_id(), visit, self._moment(45, days)))

    def _used(self, visit, units):
        return Edit.AUTHORIZATION(AuthorizationEdit.RECORD_USAGE(self.authorization, visit, "T1019", units))

    def waits(self):
        """Ana's worklist: each case with its reasons."""
        return [(item.case, item.reasons) for item in self.hers.worklist(self.zone, self.ana)]

    def view(self):
        return self.hers.case(self.mei)

    def shown_visit(self):
        [shown] = [row for row in self.view().visits if row.visit.meta.id == self.visit]
        return shown

    def morning(self):
        """What waits, and why; what the day holds, in its order; what the phone will ring for."""
        assert self.waits() == [
            (
                self.mei,
                [
                    Reason.OVERDUE(self.prescription, 3),
                    Reason.REFERRAL_FOLLOW_UP(self.referral, 3),
                    Reason.UNITS_NEARLY_USED(self.authorization, 5, 40),
                    Reason.HIGH_RISK(),
                ],
            ),
            (self.juan, [Reason.VISIT_MISSED(self.missed, 3)]),
            (self.ida, [Reason.DUE_TODAY(self.call)]),
        ]
        agenda = self.hers.agenda(self.ago(3), self.today, self.zone, self.ana)
        assert [row.id for row in agenda.visits] == [self.missed, self.visit, self.fitting]
        assert [row.id for row in agenda.tasks] == [self.prescription, self.call]
        assert [row.entity for row in self.hers.next_reminders(self.zone)] == [self.call, self.visit, self.fitting]

    def begin_visit(self):
        self.hers.edit(self.mei, self._check_in(self.visit))
        assert self.shown_visit().visit.status == VisitStatus.IN_PROGRESS()
        assert self.shown_visit().evv == EvvStatus.OPEN()

    def screening(self):
        """The PHQ-9, whose last question alerts whatever the total, and what Ana does about it."""
        id, answers = self.hers.new_id(), [2, 2, 2, 2, 1, 1, 1, 0, 1]
        given = [ItemAnswer(item=str(item), answer=Answer.CHOICE(value)) for item, value in enumerate(answers, 1)]
        self.hers.edit(
            self.mei,
            Edit.ASSESSMENT(AssessmentEdit.START(id, "phq-9", 1, AssessmentUpdate(visit=self.visit))),
            Edit.ASSESSMENT(AssessmentEdit.RECORD_ANSWERS(id, given)),
            Edit.ASSESSMENT(AssessmentEdit.COMPLETE(id)),
        )
        [asked] = self.view().assessments
        assert isinstance(asked.result, AssessmentResult.JUDGED)
        assert asked.result.judgement.scores[0].outcome == ScaleOutcome.SCORED(12, "moderate")
        first, reasons = self.waits()[0]
        assert (first, reasons[0]) == (self.mei, Reason.SCORE_ALERT(id, "phq-9", ["self_harm"]))

        plan = RiskUpdate(hazard="Thoughts of self-harm", level=RiskLevel.HIGH(), plan="Call 988, then her daughter")
        done = "Asked in person; no plan, no means. Safety plan made with her daughter."
        self.hers.edit(
            self.mei,
            Edit.RISK(RiskEdit.ADD(self.hers.new_id(), plan)),
            Edit.ASSESSMENT(AssessmentEdit.RESPOND_TO_ALERTS(self.hers.new_id(), id, done)),
        )
        assert not any(isinstance(reason, Reason.SCORE_ALERT) for _, reasons in self.waits() for reason in reasons)

    def note(self):
        """Begun, saved as it grows, and signed."""
        id, text = self.hers.new_id(), ""
        about = NoteUpdate(sort=NoteKind.PROGRESS(), visit=self.visit)
        self.hers.edit(self.mei, Edit.NOTE(NoteEdit.START(id, about, text)))

        def shown():
            [note] = self.view().notes
            return note

        for words in ("Helped with bathing.", " Mei eats little", " and says that she sleeps badly."):
            text += words
            self.hers.edit(self.mei, Edit.NOTE(NoteEdit.WRITE(id, text)))
            assert (shown().state, shown().draft) == (NoteState.DRAFT, text)
        self.hers.edit(self.mei, Edit.NOTE(NoteEdit.SIGN(id)))
        [signed] = shown().signed
        assert (shown().state, signed.text, signed.intact) == (NoteState.SIGNED, text, True)

    def end_visit(self):
        """Check-out, Mei's signature and Ana's: nothing is out of the ordinary."""
        picture, content = self.hers.new_id(), AttachmentContent(media_type="image/png", size=900, hash="ab" * 32)
        drawn = PersonSignature.DRAWN(picture, SignerRole.PERSON(), None, self.at(9, 45))
        self.hers.edit(
            self.mei,
            self._check_out(self.visit),
            Edit.ATTACHMENT(
                AttachmentEdit.ADD(picture, AttachmentUpdate(name="Signature", sort=AttachmentKind.SIGNATURE()), content)
            ),
            Edit.VISIT(VisitEdit.RECORD_SIGNATURE(self.hers.new_id(), self.visit, drawn)),
        )
        assert self.shown_visit().evv == EvvStatus.EXCEPTIONS([EvvException.NOT_SIGNED()])
        self.hers.edit(self.mei, Edit.VISIT(VisitEdit.SIGN(self.visit)))
        shown = self.shown_visit()
        assert (shown.evv, [signed.intact for signed in shown.signed]) == (EvvStatus.COMPLETE(), [True])

    def units(self):
        """The visit uses 3 units: 2 of 40 are left."""
        self.hers.edit(self.mei, self._used(self.visit, 3))
        [authorized] = self.view().authorizations
        assert (authorized.units_used, authorized.units_left) == (38, 2)
        assert Reason.UNITS_NEARLY_USED(self.authorization, 2, 40) in dict(self.waits())[self.mei]

    def meals(self):
        """The referral is followed until somebody knows what came of it."""
        for made in (
            ReferralEdit.SET_STATUS(self.referral, ReferralStatus.ACCEPTED()),
            ReferralEdit.UPDATE(self.referral, ReferralUpdate(outcome="The first meal came at noon")),
            ReferralEdit.SET_STATUS(self.referral, ReferralStatus.COMPLETED()),
        ):
            self.hers.edit(self.mei, Edit.REFERRAL(made))
        [meals] = self.view().referrals
        assert (meals.status, meals.outcome) == (ReferralStatus.COMPLETED(), "The first meal came at noon")

    def hand_over(self):
        """The late task is Ben's once he accepts it."""
        self.hers.edit(
            self.mei, Edit.TASK(TaskEdit.DELEGATE(self.prescription, self.ben, "You pass the pharmacy"))
        )
        self.hers.sync()
        self.his.sync()
        [asked] = self.his.worklist(self.zone, self.ben)
        assert (asked.case, asked.reasons) == (self.mei, [Reason.OVERDUE(self.prescription, 3), Reason.HIGH_RISK()])
        self.his.edit(self.mei, Edit.TASK(TaskEdit.ACCEPT(self.prescription)))
        self.his.edit(self.mei, Edit.TASK(TaskEdit.COMPLETE(self.prescription, "Handed in")))
        self.his.sync()
        self.hers.sync()
        [done] = self.view().tasks
        assert (done.status, done.assignee, done.outcome) == (TaskStatus.DONE(), self.ben, "Handed in")
        self.hers.edit(self.ida, Edit.TASK(TaskEdit.COMPLETE(self.call, "Comes on Thursday")))

    def apart(self):
        """Both write another phone number without the other; Ana asks Mei which one is right."""
        change_phone(self.hers, self.mei, self.number, "555 0111")
        change_phone(self.his, self.mei, self.number, "555 0122")
        for device in (self.his, self.hers, self.his):
            device.sync()
        assert [row.case for row in self.hers.inbox().conflicts] == [self.mei]
        assert Reason.CONFLICT(1) in dict(self.waits())[self.mei]
        [conflict] = self.view().conflicts
        assert {choice.value[0] for choice in conflict.choices} == {"555 0111", "555 0122"}
        self.hers.edit(self.mei, Edit.CONFLICT(ConflictEdit.SETTLE(conflict.path, Value.TEXT("555 0122"))))
        self.hers.sync()
        self.his.sync()
        assert [phone.number for phone in self.his.case(self.mei).phones] == ["555 0122"]
        assert self.his.inbox().conflicts == []

    def give(self, file):
        """The summary for the clinic, as far as Mei consents, and the visit for the payer."""
        parts = [RecordPart.ASSESSMENTS(), RecordPart.VISITS(), RecordPart.RISKS(), RecordPart.AUTHORIZATIONS()]
        options = ReportOptions(locale=ReportLocale.EN_US, zone=self.zone, sections=parts, recipient=CLINIC)
        file.write_text(self.hers.report(self.mei, options).html, encoding="utf-8")
        page = file.read_text(encoding="utf-8")
        held = {text: text in page for text in ("PHQ-9", "Call 988", "12 Elm Street", "State plan")}
        assert held == {"PHQ-9": True, "Call 988": True, "12 Elm Street": False, "State plan": False}
        [disclosed] = self.view().disclosures
        assert disclosed.recipient == CLINIC
        day = EvvQuery(first_day=self.today, last_day=self.today, zone=self.zone)
        _, line = self.hers.evv_export(day, EvvFormat.CSV).splitlines()
        assert line.startswith(f"T1019,Mei Díaz,,{self.today},home,") and ",State plan,3,complete," in line

    def evening(self):
        """What still waits is less, what comes next is told, and both phones show the same record, proven."""
        self.hers.edit(self.mei, self._planned(self.hers.new_id(), 9, days=7))
        assert self.waits() == [
            (self.juan, [Reason.VISIT_MISSED(self.missed, 3)]),
            (self.mei, [Reason.UNITS_NEARLY_USED(self.authorization, 2, 40), Reason.HIGH_RISK()]),
        ]
        reminders = self.hers.next_reminders(self.zone)
        assert [(row.case, row.on) for row in reminders] == [(self.ida, self.today), (self.mei, self.ago(-7))]
        self.hers.sync()
        self.his.sync()
        assert self.hers.status().pending == 0
        assert self.his.case(self.mei) == self.view()
        assert {change.proof for change in self.hers.history(self.mei)} == {Proof.VERIFIED}


def test_a_day_from_the_worklist_of_the_morning_to_that_of_the_evening(server, ana):
    server.set('{"evv": {"worker_signs": true, "person_signs": true}}')
    ben = server.worker("Ben")
    with server.device(ana, "hers") as hers, server.device(ben, "his") as his:
        day = Day(hers, his, ana, ben)
        day.morning()
        day.begin_visit()
        day.screening()
        day.note()
        day.end_visit()
        day.units()
        day.meals()
        day.hand_over()
        day.apart()
        day.give(server.directory / "summary.html")
        day.evening()
