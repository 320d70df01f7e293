//! How much counts what.

/// What the worklist weighs things with. Points are urgency; percentages multiply it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights {
    /// Points of a visit that began and did not end in time.
    pub check_out_overdue: u32,
    /// Points of a task that is late.
    pub overdue: u32,
    /// Points of a task that is due today.
    pub due_today: u32,
    /// Points of a visit that did not take place.
    pub visit_missed: u32,
    /// Points of a deadline to appeal.
    pub appeal_deadline: u32,
    /// Points of an authorization that ends.
    pub authorization_expires: u32,
    /// Points of an authorization whose units are used up.
    pub units_used_up: u32,
    /// Points of a referral nobody has followed up.
    pub referral_follow_up: u32,
    /// Points of a person nobody has been in touch with.
    pub no_contact: u32,
    /// Points of an open conflict.
    pub conflict: u32,
    /// Points that each day adds to what waits.
    pub day: u32,
    /// Days after which nothing is added.
    pub most_days: u32,
    /// Percentage of a task or referral of low urgency or importance.
    pub low: u32,
    /// Percentage of one of normal urgency or importance, and of one that says nothing.
    pub normal: u32,
    /// Percentage of one of high urgency or importance.
    pub high: u32,
    /// Percentage of one that cannot wait.
    pub critical: u32,
    /// Percentage that a medium risk adds to a case.
    pub medium_risk: u32,
    /// Percentage that a high risk adds.
    pub high_risk: u32,
    /// Percentage that a safety alert adds.
    pub safety_alert: u32,
    /// Days without contact that a case may go.
    pub contact_days: u32,
    /// The same at medium risk.
    pub contact_days_medium: u32,
    /// The same at high risk.
    pub contact_days_high: u32,
    /// For how many days before and after its end an authorization is listed.
    pub authorization_days: u32,
    /// For how many days before its end a deadline to appeal is listed.
    pub appeal_days: u32,
    /// For how many days after its day a missed visit is listed.
    pub missed_days: u32,
    /// Minutes that a visit may run over its planned end.
    pub check_out_minutes: u32,
    /// Minutes that a visit without a planned end may take.
    pub longest_visit_minutes: u32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            check_out_overdue: 400,
            overdue: 100,
            due_today: 80,
            visit_missed: 110,
            appeal_deadline: 120,
            authorization_expires: 70,
            units_used_up: 90,
            referral_follow_up: 60,
            no_contact: 60,
            conflict: 20,
            day: 3,
            most_days: 30,
            low: 60,
            normal: 100,
            high: 140,
            critical: 180,
            medium_risk: 25,
            high_risk: 75,
            safety_alert: 25,
            contact_days: 30,
            contact_days_medium: 14,
            contact_days_high: 7,
            authorization_days: 30,
            appeal_days: 14,
            missed_days: 14,
            check_out_minutes: 30,
            longest_visit_minutes: 240,
        }
    }
}

impl Weights {
    /// The percentage of an urgency or importance by its code; a code nobody here knows is normal.
    pub(super) fn percent(&self, code: Option<&str>) -> u32 {
        match code {
            Some("low") => self.low,
            Some("high") => self.high,
            Some("critical") => self.critical,
            _ => self.normal,
        }
    }

    /// Days without contact that a case of a risk level may go.
    pub fn contact_days(&self, risk: Option<&str>) -> u32 {
        match risk {
            Some("high") => self.contact_days_high,
            Some("medium") => self.contact_days_medium,
            _ => self.contact_days,
        }
    }
}
