//! The meaning of the codes of `/readyz`, and what to do about them.

/// The advice for a code; `None` if the code says everything.
pub(super) fn of(code: &str) -> Option<&'static str> {
    Some(match code {
        "tls-unknown-issuer" => {
            "no known authority has signed Zammad's certificate: give the certificate of your authority as EXTRA_CA_FILE"
        }
        "tls-not-valid-now" => "Zammad's certificate has expired, or the clock here is wrong: renew it, check NTP",
        "tls-wrong-name" => "Zammad's certificate is for another name than the one in ZAMMAD_URL",
        "tls-authority-as-server" => {
            "Zammad shows a certificate that is marked as an authority (CA:TRUE), as `openssl req -x509` makes it: make one \
             with `-addext basicConstraints=critical,CA:FALSE` and the host name as subjectAltName"
        }
        "tls-handshake" => "Zammad speaks no TLS at ZAMMAD_URL, or none that is supported (1.2 and 1.3)",
        "forge-certificate" => {
            "the certificate shown for Forge cannot be trusted, as the code tells: if a proxy opens TLS connections, give the \
             certificate of its authority as EXTRA_CA_FILE"
        }
        "zammad-unreachable" => {
            "no connection to ZAMMAD_URL: check that Zammad runs and that this container reaches it (network, name, port, \
             certificate)"
        }
        "zammad-does-not-answer" => {
            "Zammad accepts connections but does not answer in time: check its web process and database"
        }
        "zammad-error" => "Zammad answers with server errors: check its web process, database and log",
        "zammad-maintenance" => {
            "Zammad is in maintenance mode; work waits and continues by itself when the mode is switched off (Admin > System > \
             Maintenance)"
        }
        "zammad-token-access-disabled" => {
            "API token access is switched off in Zammad: Admin > System > API > Token Access"
        }
        "zammad-redirects" => {
            "ZAMMAD_URL is redirected: use the address it redirects to (usually https), or set NGINX_SERVER_SCHEME=https in \
             Zammad's container"
        }
        "zammad-not-zammad" => {
            "something else than Zammad answers at ZAMMAD_URL, such as a proxy's page or a login page: check the address and \
             the proxy; the API (/api/v1) must be reachable without a login page"
        }
        "zammad-refuses-the-token" => {
            "Zammad does not accept ZAMMAD_API_TOKEN: check the token and that the proxy passes the \
             Authorization header"
        }
        "zammad-refuses-the-bot" => "the token lacks the permission ticket.agent: create it again with this permission",
        "zammad-bot-inactive" => "the bot's account in Zammad is not active: activate it",
        "bot-lacks-rights" => {
            "give the bot's account full access to these groups in Zammad; until then their tickets wait"
        }
        "group-inactive" => {
            "these groups are not active in Zammad; their tickets wait until the groups are active again"
        }
        "webhooks-missing" => {
            "changes arrive without webhooks: check the trigger and webhook in Zammad, and that its background worker runs \
             (restart it if in doubt); until then changes arrive up to a minute late"
        }
        "webhook-payload" => {
            "the webhook in Zammad has a custom payload without a ticket id as number: remove the custom payload"
        }
        "commands-waiting" => {
            "comments and changes from Jira wait for these tickets and are tried again; the code names the cause"
        }
        "zammad-fails-on-tickets" => {
            "Zammad answers these tickets with an internal error again and again: see its production.log; they are tried every \
             five minutes"
        }
        "tickets-stop-the-process" => {
            "the connector ended three times in a row while it read these tickets, for example for lack of memory: give its \
             container more memory, and report it with the size of the ticket; they are tried after some minutes, or at once with \
             `connector retry`"
        }
        "zammad-version" => "see docs/operators.md for the supported versions of Zammad; update Zammad",
        "sidecar-too-old" => {
            "the Forge app is newer than this sidecar supports: upgrade the sidecar (INSTALL.md, \"Upgrade and rollback\")"
        }
        "rule-paused" => {
            "these rules made more issues in an hour than allowed: check the rule, then `connector rules resume`"
        }
        "links-unknown-to-forge" => {
            "the Forge app knows none of the links, as after a new installation: if it is the app of the same Jira site, \
             register them with `connector relink --all`"
        }
        "jira-refuses-the-app" => {
            "messages wait because Jira refuses them to the app or does not answer it; code and tickets are listed: \
             check the app's permissions in these projects and issue security"
        }
        "field-back-and-forth" => {
            "both sides change these fields back and forth; they rest for up to an hour: look for two automations that disagree \
             (triggers, schedulers or AI agents in Zammad, automation rules in Jira)"
        }
        "jira-quota" => {
            "this installation has used its share of Jira's rate limit, which all customers of the app share; messages and events \
             wait until the next full hour and nothing is lost (docs/capacity.md)"
        }
        "get-on-hook-path" => "a proxy redirects Zammad's webhooks, which turns them into GET: use the final address",
        "forge-unreachable" => {
            "no connection to Forge: check that this host reaches the internet, directly or through the proxy; messages wait and nothing is lost"
        }
        "content-stopped-at-the-boundary" => {
            "a message contained content in privacy mode and was not sent: see `connector troubles` and report it as a bug"
        }
        "clock-is-off" => "the clock differs by more than 30 s from Forge's: check NTP on the host",
        "store-damaged" => "stop the sidecar, check the disk, and restore DATA_DIR from a backup",
        "store-not-writable" => "check free space and permissions of DATA_DIR",
        "forge-refuses-the-signature" => "check FORGE_INSTALL_ID, FORGE_SHARED_SECRET and the clock",
        "disconnected-by-an-admin" => {
            "an admin of Jira ended the connection; what waits is kept. To connect again, press Connect on the app's admin page \
             and give this sidecar the new FORGE_SHARED_SECRET"
        }
        "reply-not-signed-by-forge" => "check that FORGE_WEBTRIGGER_URL is right and that no proxy changes replies",
        _ => return None,
    })
}
