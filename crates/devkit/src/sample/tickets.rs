//! The tickets of the sample data.

/// One ticket. Numbers are indexes of the sample data's lists.
pub(super) struct SampleTicket {
    pub title: &'static str,
    pub group: usize,
    pub customer: usize,
    /// The agent who responds.
    pub agent: usize,
    /// Whether that agent owns it.
    pub owned: bool,
    pub state: &'static str,
    pub priority: &'static str,
    /// The customer's text.
    pub request: &'static str,
    /// Internal or not, and text; HTML where it starts with a tag.
    pub answers: &'static [(bool, &'static str)],
}

const fn ticket(
    title: &'static str,
    group: usize,
    customer: usize,
    state: &'static str,
    request: &'static str,
) -> SampleTicket {
    // The second agent works in the first group, the third in the second.
    let agent = if group == 0 { 1 } else { 2 };
    SampleTicket { title, group, customer, agent, owned: true, state, priority: "2 normal", request, answers: &[] }
}

impl SampleTicket {
    const fn answered(mut self, answers: &'static [(bool, &'static str)]) -> Self {
        self.answers = answers;
        self
    }

    const fn priority(mut self, priority: &'static str) -> Self {
        self.priority = priority;
        self
    }

    const fn unowned(mut self) -> Self {
        self.owned = false;
        self
    }

    const fn by_lead(mut self) -> Self {
        self.agent = 0;
        self
    }
}

pub(super) const TICKETS: [SampleTicket; 20] = [
    ticket("Cannot log in after password reset", 0, 0, "open", "Since the reset this morning the portal says \"session expired\" right after I log in.")
        .answered(&[(false, "Thank you for reporting this. Could you try a private window and tell us the time of the last attempt?"), (true, "Same symptom as last week, the session cookie is dropped by the new load balancer. Needs engineering.")])
        .priority("3 high"),
    ticket("Invoice PDF is empty since the last update", 0, 1, "open", "The invoice of March downloads with 0 pages. The one of February is fine.")
        .answered(&[(true, "<p>Reproduced with three accounts:</p><ul><li>template <code>v4</code> fails</li><li>template <code>v3</code> works</li></ul>")]),
    ticket("VPN drops every 30 minutes", 1, 2, "open", "The tunnel from our Hamburg office goes down twice an hour, exactly 30 minutes after the last connect.")
        .answered(&[(false, "We see re-keying fail on our side and are looking into it with the network team."), (true, "Looks like the phase 2 lifetime of the new firmware. @Amira do we have a maintenance window?")])
        .priority("3 high"),
    ticket("Request: additional mailbox for the sales team", 0, 3, "closed", "Please create sales-nordics@ and give access to Ingrid and Ole.")
        .answered(&[(false, "Done, both have access. It may take an hour until it shows up.")])
        .priority("1 low"),
    ticket("Report export times out with more than 10,000 rows", 0, 0, "open", "Export works for small ranges. For the whole year we get an error after about a minute.")
        .answered(&[(true, "Gateway timeout at 60 s. The query itself takes 74 s on the replica.")]),
    ticket("New hire starts on Monday: laptop and accounts", 0, 1, "pending reminder", "Name: Aiko Tanaka, department: Finance, starts next Monday.").answered(&[(false, "Ordered, we will hand it over on Friday.")]),
    ticket("Two-factor codes arrive too late", 0, 2, "open", "The text message takes up to ten minutes, then the code is no longer valid.").by_lead(),
    ticket("Printer on floor 3 prints blank pages", 1, 3, "new", "Every second page is blank, and the toner is new.").unowned().priority("1 low"),
    ticket("Search does not find umlauts", 0, 0, "open", "Searching for \"Müller\" finds nothing, \"Muller\" finds some of them. Größe and Straße have the same problem. 😕")
        .answered(&[(true, "Collation of the new index is wrong, see the migration of last Tuesday.")]),
    ticket("Webshop shows prices without tax to business customers in France", 0, 1, "open", "Our French customers see net prices although they are private persons.").priority("3 high").by_lead(),
    ticket("Certificate of the partner gateway expires in 12 days", 1, 2, "pending reminder", "Your monitoring mail says that the certificate of gw.partner.example expires soon. Who renews it?").answered(&[(true, "Renewal is ordered, waiting for the partner to confirm the new chain.")]),
    ticket("Mobile app crashes when I open an attachment", 0, 3, "open", "Android 16, app 5.2.1. Open any ticket with a picture, tap the picture, the app closes.")
        .answered(&[(false, "Thank you, we could reproduce it on a Pixel 9."), (true, "<p>Stack trace:</p><pre>java.lang.OutOfMemoryError: Failed to allocate a 96 MB allocation\n  at BitmapFactory.decodeStream</pre>")]),
    ticket("Question about the data processing agreement", 0, 0, "closed", "Where do I find the current version, and who signs it on your side?").answered(&[(false, "It is in the customer portal under Documents. Our legal team signs within two working days.")]).priority("1 low"),
    ticket("Backup of the file server failed three nights in a row", 1, 1, "open", "The daily report says FAILED since Sunday.").answered(&[(true, "Volume is 97 % full. Snapshots of the old cluster were never removed.")]).priority("3 high"),
    ticket("Calendar invitations show the wrong time zone", 0, 2, "open", "Invitations from the Lisbon office are an hour off for everybody in Berlin."),
    ticket("Please remove my old phone number", 0, 3, "closed", "My profile still shows the number of my previous company.").answered(&[(false, "Removed. Thank you for telling us.")]),
    ticket("API returns 500 for customers with an empty address", 0, 0, "open", "GET /v2/customers/8841 answers 500 since the release. The customer has no address.\n\nRequest id: 7f3c-11e9").answered(&[(true, "Null pointer in the address formatter. A fix is on its way, see the linked issue.")]).priority("3 high").by_lead(),
    ticket("Wi-Fi in the Lisbon office is unusably slow", 1, 2, "open", "Video calls break up all day. Cable is fine.").answered(&[(false, "We replaced one access point today. Please tell us tomorrow whether it got better.")]),
    ticket("Duplicate charge on credit card", 0, 1, "pending close", "We were charged twice for the order of 3 May (2 x 149.00 EUR).").answered(&[(false, "The second charge was cancelled and will disappear within five days.")]),
    ticket("Dashboard widgets load forever in Firefox", 0, 3, "new", "Spinning circles in Firefox 141, fine in Chrome. Console says: NS_ERROR_DOM_CORP_FAILED").unowned(),
];
