//! One customer: a Zammad with sample data, a Jira site with the app installed, and the settings of their sidecar.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::{AppPage, Built, Connector, Emulator, Front, HarnessError, io};
use crate::jira_sim::{EmbeddedPage, JiraSim, JiraSimBuilder};
use crate::sample::{self, Sample};
use crate::zammad_sim::{ZammadSim, ZammadSimBuilder};

/// Signs Zammad's webhooks to the sidecar.
const WEBHOOK_TOKEN: &str = "webhook-token-of-the-sample-7c21";

/// Options of a site.
pub struct SiteOptions {
    /// The Zammad.
    pub zammad: ZammadSimBuilder,
    /// The Jira site.
    pub jira: JiraSimBuilder,
    /// Where the sidecar's database is.
    pub data: PathBuf,
    /// Further settings of the sidecar.
    pub settings: Vec<(String, String)>,
}

/// Everything of one customer but the running sidecar.
pub struct Site {
    /// The programs that it runs.
    pub built: Built,
    /// The helpdesk.
    pub zammad: ZammadSim,
    /// The issue tracker.
    pub jira: JiraSim,
    /// The sample data in them.
    pub sample: Sample,
    /// The Forge half.
    pub emulator: Emulator,
    /// The installation.
    pub install_id: String,
    /// Where Zammad reaches the sidecar, whichever process that is.
    pub front: Front,
    /// The sidecar's environment.
    pub settings: BTreeMap<String, String>,
}

impl Site {
    /// Starts the simulators and the emulator, creates the sample data, installs the app, creates the secret as an
    /// admin, and provisions Zammad's webhook.
    ///
    /// # Errors
    /// [`HarnessError`].
    pub async fn start(built: Built, options: SiteOptions) -> Result<Self, HarnessError> {
        let zammad = options.zammad.start().await.map_err(io("Zammad simulator"))?;
        let jira = options.jira.start().await.map_err(io("Jira simulator"))?;
        let sample = sample::seed(&zammad, &jira)?;
        let emulator = Emulator::start(&built).await?;
        let install_id = sample.installation_id.clone();
        emulator.install(&install_id, &jira.url).await?;
        jira.add_sink(&emulator.events_url(&install_id));
        let admin = &sample.engineers[0].account_id;
        let made = emulator.admin(&install_id, admin, "connection.create", Value::Null).await?;
        let made_text = |name: &str| {
            let text = made[name].as_str().map(str::to_owned);
            text.ok_or_else(|| HarnessError::Unexpected(format!("connection.create did not return {name}")))
        };
        let front = Front::open().await?;
        let hook = format!("http://{}/hooks/zammad", front.address);
        sample::provision_hook(&zammad.url, &sample.admin_token, sample.bot.id, &hook, WEBHOOK_TOKEN).await?;
        let mut settings: BTreeMap<String, String> = [
            ("ENVIRONMENT", "development".to_owned()),
            ("FORGE_SHARED_SECRET", made_text("secret")?),
            ("FORGE_WEBTRIGGER_URL", made_text("webTriggerUrl")?),
            ("FORGE_INSTALL_ID", made_text("installId")?),
            ("ZAMMAD_URL", zammad.url.clone()),
            ("ZAMMAD_API_TOKEN", sample.bot_token.clone()),
            ("ZAMMAD_WEBHOOK_TOKEN", WEBHOOK_TOKEN.to_owned()),
            ("PUBLIC_URL", format!("http://{}", front.address)),
            ("LISTEN_ADDR", "127.0.0.1:0".to_owned()),
            ("DATA_DIR", options.data.to_string_lossy().into_owned()),
            ("INSTANCE", "sidecar".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        settings.extend(options.settings);
        Ok(Self { built, zammad, jira, sample, emulator, install_id, front, settings })
    }

    /// Shows the app's pages for issues inside the page of each issue, and returns all pages of the app.
    ///
    /// # Errors
    /// The control call fails.
    pub async fn embed_pages(&self) -> Result<Vec<AppPage>, HarnessError> {
        let pages = self.emulator.pages(&self.install_id).await?;
        let embedded = |page: &AppPage| {
            let beside = match page.kind.as_str() {
                "jira:issueContext" => true,
                "jira:issuePanel" => false,
                _ => return None,
            };
            Some(EmbeddedPage { title: page.title.clone(), url: page.url.clone(), beside })
        };
        self.jira.embed(pages.iter().filter_map(embedded).collect());
        Ok(pages)
    }

    /// Options for tests: no delays.
    #[must_use]
    pub fn quick(data: &Path) -> SiteOptions {
        SiteOptions {
            zammad: ZammadSim::builder().first_delivery_after(Duration::from_millis(3)).retry_scale(0.02),
            jira: JiraSim::builder(),
            data: data.to_path_buf(),
            settings: Vec::new(),
        }
    }

    /// Starts the sidecar and puts it behind the front.
    ///
    /// # Errors
    /// It does not start.
    pub async fn connect(&self) -> Result<Connector, HarnessError> {
        let connector = Connector::start(&self.built, &self.settings).await?;
        self.front_to(&connector);
        Ok(connector)
    }

    /// Leads Zammad's webhooks to this process.
    pub fn front_to(&self, connector: &Connector) {
        self.front.set(Some(connector.address));
    }

    /// Runs `connector link` for the ticket with this id, whose number it looks up.
    ///
    /// # Errors
    /// The verb fails; the text has its standard error.
    pub async fn link(&self, ticket: u64, issue: &str) -> Result<String, HarnessError> {
        let number = self.zammad.ticket(ticket).map(|ticket| ticket.number).unwrap_or_default();
        let (status, out, errors) = Connector::run(&self.built, &self.settings, &["link", &number, issue]).await?;
        if status.success() { Ok(out) } else { Err(HarnessError::Unexpected(format!("link: {status}: {errors}"))) }
    }
}
