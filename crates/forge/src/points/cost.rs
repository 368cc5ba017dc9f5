//! The cost of a request: one point, and one for each object that is read, two for a person or a permission; a write costs one in
//! all. As Atlassian publishes it; what lists of comments cost is not published, so they count singly here.

use serde_json::Value;

use crate::platform::JiraResponse;

/// Returns the points of an answered request. A refused one costs one.
pub(super) fn of(method: &str, path: &str, response: &JiraResponse) -> u32 {
    if response.status == 429 {
        return 0;
    }
    let is_read = method == "GET" || path.contains("/search/jql") || path.contains("/bulkfetch");
    if !is_read || !(200..300).contains(&response.status) {
        return 1;
    }
    let each =
        if path.contains("/3/user") || path.contains("/myself") || path.contains("/mypermissions") { 2 } else { 1 };
    1 + each * u32::try_from(objects(&response.body)).unwrap_or(u32::MAX / 4)
}

/// The number of objects in a response: those of its list, else one.
fn objects(body: &Value) -> usize {
    let list = body.as_array().or_else(|| {
        ["issues", "comments", "values", "fields"].iter().find_map(|name| body.get(*name).and_then(Value::as_array))
    });
    list.map_or(1, Vec::len)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prices_of_the_requests_that_the_app_makes() {
        let cost =
            |method, path, status, body| of(method, path, &JiraResponse { status, body, ..JiraResponse::default() });
        let issue = json!({ "id": "1", "fields": { "summary": "x" } });
        assert_eq!(cost("GET", "/rest/api/3/issue/", 200, issue), 2);
        let comments = json!({ "comments": [1, 2, 3], "total": 3 });
        assert_eq!(cost("GET", "/rest/api/3/issue/", 200, comments), 4);
        let found = || json!({ "issues": [1, 2] });
        assert_eq!(cost("POST", "/rest/api/3/search/jql", 200, found()), 3);
        assert_eq!(cost("POST", "/rest/api/3/issue/bulkfetch", 200, found()), 3);
        assert_eq!(cost("GET", "/rest/api/3/user/search", 200, json!([1, 2])), 5);
        assert_eq!(cost("GET", "/rest/api/3/user?accountId=", 200, json!({ "accountId": "a" })), 3);
        assert_eq!(cost("GET", "/rest/api/3/mypermissions", 200, json!({})), 3);
        assert_eq!(cost("POST", "/rest/api/3/issue/", 201, json!({ "id": "1" })), 1);
        assert_eq!(cost("GET", "/rest/api/3/issue/", 404, json!({})), 1);
        assert_eq!(cost("GET", "/rest/api/3/issue/", 429, json!({})), 0);
    }
}
