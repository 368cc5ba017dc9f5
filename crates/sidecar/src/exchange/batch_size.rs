//! How many messages one request has. A request may fail because of its size or that of its reply, or because of one message in
//! it, and neither a proxy nor the platform says so: after each such failure the next request has half as many messages.

/// The number of messages of the next request.
pub(super) struct BatchSize {
    most: usize,
}

impl Default for BatchSize {
    fn default() -> Self {
        Self { most: schema::MAX_MESSAGES }
    }
}

impl BatchSize {
    /// Most messages of the next request; at least 1.
    pub(super) const fn most(&self) -> usize {
        self.most
    }

    /// A request with this many messages failed, and may have failed because of them.
    pub(super) fn failed(&mut self, sent: usize) {
        self.most = (sent / 2).max(1);
    }

    /// A request with this many messages was answered.
    pub(super) fn succeeded(&mut self, sent: usize) {
        if sent >= self.most {
            self.most = (self.most * 2).min(schema::MAX_MESSAGES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_down_to_one_and_doubles_up_to_the_limit() {
        let mut size = BatchSize::default();
        let mut seen = vec![size.most()];
        while size.most() > 1 {
            size.failed(size.most());
            seen.push(size.most());
        }
        assert_eq!(seen, [50, 25, 12, 6, 3, 1]);
        size.failed(1);
        assert_eq!(size.most(), 1);
        let mut seen = Vec::new();
        for _ in 0..7 {
            size.succeeded(size.most());
            seen.push(size.most());
        }
        assert_eq!(seen, [2, 4, 8, 16, 32, 50, 50]);
    }

    /// A poll, or a request smaller than allowed, says nothing about larger ones.
    #[test]
    fn a_smaller_request_changes_nothing() {
        let mut size = BatchSize::default();
        size.failed(20);
        size.succeeded(3);
        assert_eq!(size.most(), 10);
    }
}
