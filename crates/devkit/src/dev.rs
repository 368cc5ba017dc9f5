//! `devkit dev`: simulators, Forge emulator and sidecar on loopback with sample data, until Ctrl-C. `cargo xtask dev`
//! builds and calls it.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use url::form_urlencoded::Serializer;

use crate::harness::{AppPage, Built, Connector, HarnessError, Site, SiteOptions};
use crate::jira_sim::{JiraSim, Limits};
use crate::sample::{Engineer, Person};
use crate::zammad_sim::ZammadSim;

/// A real idle Zammad sends its webhook this long after the write (docs/platforms/zammad.md §6.1).
const FIRST_DELIVERY: Duration = Duration::from_millis(1_300);

/// Options of `devkit dev`.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Path of the `connector` binary.
    #[arg(long)]
    connector: PathBuf,
    /// Path of the folder forge-app, with its bundle.
    #[arg(long)]
    app: PathBuf,
    /// URL of an existing Zammad to use instead of the simulator; the bot's token is read from ZAMMAD_API_TOKEN.
    #[arg(long, value_name = "URL")]
    zammad: Option<String>,
    /// Switch privacy mode on.
    #[arg(long)]
    privacy: bool,
}

/// Starts everything, prints where it is, and waits.
///
/// # Errors
/// A part does not start; the text names it.
pub async fn run(options: Options) -> io::Result<()> {
    start(options).await.map_err(io::Error::other)
}

async fn start(options: Options) -> Result<(), HarnessError> {
    let built = Built { connector: options.connector, app: options.app };
    built.check()?;
    let data = std::env::temp_dir().join(format!("connector-dev-{}", std::process::id()));
    std::fs::create_dir_all(&data).map_err(crate::harness::io("data directory"))?;
    let settings = vec![("PRIVACY_MODE".to_owned(), if options.privacy { "on" } else { "off" }.to_owned())];
    let simulators = SiteOptions {
        zammad: ZammadSim::builder().first_delivery_after(FIRST_DELIVERY),
        jira: JiraSim::builder().limits(Limits::published()),
        data: data.clone(),
        settings,
    };
    let mut site = Site::start(built, simulators).await?;
    if let Some(url) = &options.zammad {
        let token = std::env::var("ZAMMAD_API_TOKEN").unwrap_or_default();
        if token.is_empty() {
            return Err(HarnessError::Unexpected(
                "--zammad needs the bot's token in the environment: ZAMMAD_API_TOKEN".into(),
            ));
        }
        site.settings.insert("ZAMMAD_URL".into(), url.clone());
        site.settings.insert("ZAMMAD_API_TOKEN".into(), token);
    }
    let mut connector = site.connect().await?;
    let linked = if options.zammad.is_none() {
        configure(&site).await?;
        link_first(&site).await?
    } else {
        Vec::new()
    };
    let pages = site.embed_pages().await?;
    print(&describe(&site, &connector, options.zammad.as_deref(), &linked, &pages));
    let mut terminate = signal(SignalKind::terminate()).map_err(crate::harness::io("SIGTERM"))?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.map_err(crate::harness::io("Ctrl-C"))?,
        _ = terminate.recv() => {}
    }
    print("\nstopping\n");
    let stopped = connector.stop().await?;
    let _ = std::fs::remove_dir_all(&data);
    if stopped.success() { Ok(()) } else { Err(HarnessError::Unexpected(format!("connector ended with {stopped}"))) }
}

/// Makes the settings of an admin page: mapped users, the resolution that a strict workflow requires, and a rule.
async fn configure(site: &Site) -> Result<(), HarnessError> {
    let sample = &site.sample;
    let admin = &sample.engineers[0].account_id;
    let pair =
        |(agent, engineer): (&Person, &Engineer)| json!({ "zammad": agent.id, "accountId": engineer.account_id });
    let value = json!({
        "people": sample.agents.iter().zip(&sample.engineers).map(pair).collect::<Vec<_>>(),
        "fields": { "state": { "transitionFields": { "resolution": { "name": "Done" } } } },
        "rules": [{ "id": "tagged", "enabled": true, "when": [{ "tag": "jira" }],
            "then": { "createIssue": { "project": sample.projects[0], "issueType": "10001" } } }],
    });
    let set =
        site.emulator.admin(&site.install_id, admin, "settings.set", json!({ "value": value, "ifEtag": "0" })).await?;
    if set["etag"].is_string() { Ok(()) } else { Err(HarnessError::Unexpected(format!("settings.set: {set}"))) }
}

/// Links the first three tickets to issues, so that there are links from the start.
async fn link_first(site: &Site) -> Result<Vec<(u64, String)>, HarnessError> {
    let mut linked = Vec::new();
    for (ticket, (_, key)) in site.sample.tickets.iter().zip(&site.sample.issues).take(3) {
        site.link(*ticket, key).await?;
        linked.push((*ticket, key.clone()));
    }
    Ok(linked)
}

fn describe(
    site: &Site,
    connector: &Connector,
    zammad: Option<&str>,
    linked: &[(u64, String)],
    pages: &[AppPage],
) -> String {
    let mut text = String::from("\nEverything runs on this machine. Ctrl-C stops it.\n\n");
    let helpdesk = zammad.unwrap_or(&site.zammad.url);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<18} {value}");
    };
    line("Zammad", helpdesk);
    line("Jira", &site.jira.url);
    line("Forge emulator", &site.emulator.url);
    line("Sidecar", &format!("http://{}/readyz", connector.address));
    line("Installation", &site.install_id);
    if zammad.is_some() {
        let _ = writeln!(
            text,
            "\nIn that Zammad, create a webhook to http://{}/hooks/zammad with the signature token\n  {}\nand a \
             trigger for every change that is not the bot's (docs/operators.md). Then link a ticket with the settings below:\n",
            site.front.address,
            site.settings.get("ZAMMAD_WEBHOOK_TOKEN").map_or("", String::as_str)
        );
    } else {
        text.push_str("\nLinked tickets and issues; a change on one side appears on the other:\n");
        for (ticket, key) in linked {
            let _ = writeln!(text, "  {}/__ui/tickets/{ticket}  ⇄  {}/browse/{key}", site.zammad.url, site.jira.url);
        }
        text.push_str("\nAgents (Zammad, password Sample-Pw1):\n");
        for agent in &site.sample.agents {
            let _ = writeln!(text, "  {:<18} {}", agent.name, agent.login);
        }
        let _ = writeln!(text, "Each agent is mapped to a Jira account. A ticket tagged `jira` gets an issue.");
        let _ = writeln!(text, "Admin (Zammad): admin@example.com, Admin-Pw1; bot: {}", site.sample.bot.login);
    }
    text.push_str(&addresses(site, pages));
    text.push_str("\nTo link another ticket: ");
    let names = [
        "ENVIRONMENT",
        "FORGE_SHARED_SECRET",
        "FORGE_WEBTRIGGER_URL",
        "FORGE_INSTALL_ID",
        "ZAMMAD_URL",
        "ZAMMAD_API_TOKEN",
        "PUBLIC_URL",
        "DATA_DIR",
    ];
    for name in names {
        // These secrets are made for this run and are valid only in it.
        let _ = write!(text, "{name}={} ", site.settings.get(name).map_or("", String::as_str));
    }
    let _ = writeln!(text, "{} link <ticket number> <issue key>", site.built.connector.display());
    text
}

/// The addresses of the app's pages, as the first engineer, who is an admin of the site.
fn addresses(site: &Site, pages: &[AppPage]) -> String {
    let engineer = &site.sample.engineers[0];
    let mut text = format!("\nPages of the Forge app, as {} (also with &locale=de-DE, &theme=dark):\n", engineer.name);
    for page in pages {
        let mut query = Serializer::new(String::new());
        query.append_pair("account", &engineer.account_id);
        match page.kind.as_str() {
            // Inside the page of each issue, where the visitor can be chosen.
            "jira:issueContext" | "jira:issuePanel" => continue,
            "jira:projectPage" => drop(query.append_pair("project", &site.sample.projects[0])),
            _ => {}
        }
        let _ = writeln!(text, "  {:<18} {}?{}", kind(page), page.url, query.finish());
    }
    if let Some((_, key)) = site.sample.issues.first() {
        let _ = writeln!(text, "  {:<18} {}/browse/{key}, and on every other issue", "Panel", site.jira.url);
    }
    text
}

fn kind(page: &AppPage) -> &str {
    match page.kind.as_str() {
        "jira:adminPage" => "Admin page",
        "jira:projectPage" => "Project page",
        "jira:dashboardGadget" => "Dashboard gadget",
        _ => &page.title,
    }
}

fn print(text: &str) {
    let mut out = io::stdout();
    // A closed standard output must not end the program.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
