//! Numbers and names that every fresh database holds and that rules refer to.

use super::entities::Id;

/// The system's own user, which as owner means "nobody".
pub const SYSTEM: Id = 1;
/// The administrator made by the first setup.
pub const ADMIN: Id = 3;
/// Role numbers.
pub mod role {
    use super::Id;
    /// Administrators.
    pub const ADMIN: Id = 1;
    /// Agents.
    pub const AGENT: Id = 2;
    /// Customers.
    pub const CUSTOMER: Id = 3;
}
/// State numbers that rules refer to.
pub mod state {
    use super::Id;
    /// Default of new tickets.
    pub const NEW: Id = 1;
    /// Being worked on.
    pub const OPEN: Id = 2;
    /// Done.
    pub const CLOSED: Id = 4;
    /// Merged into another.
    pub const MERGED: Id = 5;
}

/// State types by number, from 1.
pub const STATE_TYPES: [&str; 7] = ["new", "open", "pending reminder", "pending action", "closed", "merged", "removed"];

/// Article types: number, name, whether it is a communication with the customer.
pub const ARTICLE_TYPES: [(Id, &str, bool); 14] = [
    (1, "email", true),
    (2, "sms", true),
    (3, "chat", true),
    (4, "fax", true),
    (5, "phone", true),
    (6, "twitter status", true),
    (7, "twitter direct-message", true),
    (8, "facebook feed post", true),
    (9, "facebook feed comment", true),
    (10, "note", false),
    (11, "web", true),
    (12, "telegram personal-message", true),
    (13, "facebook direct-message", true),
    (14, "whatsapp message", true),
];

/// Sender numbers that rules refer to.
pub mod sender {
    use super::Id;
    /// An agent.
    pub const AGENT: Id = 1;
    /// The customer.
    pub const CUSTOMER: Id = 2;
    /// The system itself.
    pub const SYSTEM: Id = 3;
}

/// Article senders by number, from 1.
pub const SENDERS: [&str; 3] = ["Agent", "Customer", "System"];
