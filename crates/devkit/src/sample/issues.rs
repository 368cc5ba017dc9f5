//! The engineers and issues of the sample data.

/// Account id, name, e-mail address.
pub(super) const ENGINEERS: [(&str, &str, &str); 3] = [
    ("712020:5b10a284-4c20-4165-9000-0000000000e1", "Noor van Dijk", "noor.vandijk@engineering.example"),
    ("712020:5b10a284-4c20-4165-9000-0000000000e2", "Amira Haddad", "amira.haddad@helpdesk.example"),
    ("712020:5b10a284-4c20-4165-9000-0000000000e3", "Kwame Mensah", "kwame.mensah@engineering.example"),
];

/// One issue. Numbers are indexes of the engineers.
pub(super) struct SampleIssue {
    pub project: &'static str,
    pub kind: &'static str,
    pub summary: &'static str,
    pub description: &'static str,
    pub priority: &'static str,
    pub reporter: usize,
    pub assignee: Option<usize>,
    pub labels: &'static [&'static str],
    pub comments: &'static [(usize, &'static str)],
    /// Transitions taken, by number.
    pub transitions: &'static [&'static str],
}

const fn issue(
    project: &'static str,
    kind: &'static str,
    summary: &'static str,
    description: &'static str,
) -> SampleIssue {
    SampleIssue {
        project,
        kind,
        summary,
        description,
        priority: "Medium",
        reporter: 0,
        assignee: None,
        labels: &[],
        comments: &[],
        transitions: &[],
    }
}

impl SampleIssue {
    const fn to(mut self, engineer: usize) -> Self {
        self.assignee = Some(engineer);
        self
    }

    const fn urgent(mut self) -> Self {
        self.priority = "High";
        self
    }

    const fn labelled(mut self, labels: &'static [&'static str]) -> Self {
        self.labels = labels;
        self
    }

    const fn discussed(mut self, comments: &'static [(usize, &'static str)]) -> Self {
        self.comments = comments;
        self
    }

    const fn moved(mut self, transitions: &'static [&'static str]) -> Self {
        self.transitions = transitions;
        self
    }
}

pub(super) const ISSUES: [SampleIssue; 12] = [
    issue(
        "SUP",
        "Bug",
        "Session cookie is dropped behind the new load balancer",
        "Logins end at once for everybody who comes through lb-2.\nSee the access logs of this morning.",
    )
    .to(0)
    .urgent()
    .labelled(&["login", "regression"])
    .discussed(&[(2, "Sticky sessions are off on lb-2."), (0, "Then let us turn them on and look again.")])
    .moved(&["21"]),
    issue("SUP", "Bug", "Invoice template v4 renders no pages", "Empty PDF since the update of the renderer.")
        .to(2)
        .urgent()
        .labelled(&["invoices"]),
    issue(
        "SUP",
        "Story",
        "Export large reports in the background",
        "As an analyst I want a mail with a link when a large export is ready.",
    )
    .to(2),
    issue("SUP", "Bug", "Null address breaks the customer API", "Stack trace in the attached log.")
        .to(0)
        .urgent()
        .discussed(&[(0, "Fix is in review.")])
        .moved(&["21", "31"]),
    issue(
        "SUP",
        "Bug",
        "Android: out of memory when an image is opened",
        "BitmapFactory decodes the full size. Sample down first.",
    )
    .to(2)
    .labelled(&["mobile"]),
    issue("SUP", "Task", "Rebuild the search index with the right collation", "utf8mb4_0900_ai_ci, not utf8mb4_bin.")
        .to(0)
        .moved(&["21"]),
    issue("SUP", "Bug", "French private customers see net prices", "Tax class is taken from the billing country only."),
    issue(
        "SUP",
        "Task",
        "Firefox: send CORP headers for dashboard widgets",
        "Resource policy of the widget host is missing.",
    )
    .labelled(&["frontend"]),
    issue("NET", "Bug", "IPsec tunnels drop after 1,800 s", "Phase 2 lifetime differs since firmware 7.4.3.")
        .to(1)
        .urgent()
        .discussed(&[(1, "Reproduced in the lab.")])
        .moved(&["11"]),
    issue("NET", "Task", "Remove snapshots of the old storage cluster", "They fill the backup volume.")
        .to(1)
        .moved(&["11", "21"]),
    issue("NET", "Task", "Replace access points in Lisbon", "Four devices, model as in Berlin.").to(2),
    issue(
        "NET",
        "Story",
        "Monitor certificate expiry of partner gateways",
        "Warn 30 days ahead, and say who is responsible.",
    ),
];
