//! Who takes part: made, admitted and started with the same commands that a city's operators type.

use std::path::Path;

use pod_client::directory::DirectoryClient;
use pod_crypto::random_array;
use pod_protocol::ids::base64url;
use serde_json::{Value, json};

use super::super::node::fill;
use super::files::{DAY_CARE, MENUS, THEME};
use super::provider::{BLINDER_CLIENT, Provider};
use super::stage::{Running, Stage, failed, free_port, has_curl};
use super::told::Told;
use crate::edge::Edge;
use crate::failure::Failure;

/// Short name, and what people call it.
const CITIES: [(&str, &str); 4] = [
    ("helsinki", "Helsingin kaupunki,Helsingfors stad,City of Helsinki"),
    ("espoo", "Espoon kaupunki,Esbo stad,City of Espoo"),
    ("turku", "Turun kaupunki,Åbo stad,City of Turku"),
    ("oulu", "Oulun kaupunki,Uleåborgs stad,City of Oulu"),
];
/// A company that cooks for Espoo's day-care centres. It runs no node: it only fetches.
pub(super) const KITCHEN: &str = "ruokapalvelu";

/// People of the story. None of them exists: their codes use numbers that are given to nobody.
pub(super) const ULLA: (&str, &str) = ("Ulla Timonen", "200289-957B");
pub(super) const ANNI: &str = "060922D9415";
pub(super) const JOUKO: (&str, &str) = ("Jouko Lähteenmäki", "240999-900A");

/// Everybody who takes part.
pub(super) struct Cast {
    provider: Provider,
    directory: (String, Option<Running>),
    blinder: (String, Running),
    nodes: Vec<(String, String, Running)>,
    wallet: (String, Running),
    /// With the key that opens it.
    desk: (String, Running),
}

impl Cast {
    /// Makes and starts everybody.
    pub(super) async fn start(
        stage: &Stage,
        edge: &Edge,
        registers: &Path,
        catalogues: &Path,
        told: &Told,
    ) -> Result<Self, Failure> {
        told.part("The federation");
        // Not an address, as everybody else's: browsers give passkeys to names alone.
        let wallet_port = free_port()?;
        let wallet_url = format!("http://localhost:{wallet_port}/");
        let provider = Provider::start(stage, edge, &[ULLA, JOUKO], &wallet_url).await?;
        let (directory_url, blinder_url) = (stage.free_url()?, stage.free_url()?);
        let directory = start_directory(stage, &directory_url).await?;
        told.step("A directory and its trust anchor: it knows who is a member, and nobody's data.");
        make_blinder(stage, &blinder_url, &provider.issuer)?;
        let mut urls = Vec::new();
        for (name, names) in CITIES {
            let url = stage.free_url()?;
            let secret = base64url(&random_array::<24>(&*edge.random));
            provider.add_node(name, &secret, &url);
            make_node(stage, name, names, &url, catalogues, &provider.issuer, &secret)?;
            urls.push((name.to_owned(), url));
        }
        make_kitchen(stage, catalogues)?;
        let blinder = start_blinder(stage, &blinder_url).await?;
        told.step("A blinder: it helps wallets to find holders, and sees no identity code.");
        make_services(stage)?;
        for (name, text) in [DAY_CARE, MENUS, THEME] {
            stage.write(name, text)?;
        }
        let mut people = 0;
        for (name, _) in &urls {
            people += import(stage, name, registers, told)?;
        }
        let mut nodes = Vec::new();
        for (name, url) in urls {
            let running = start_node(stage, &name, &url).await?;
            nodes.push((name, url, running));
        }
        told.step("Four cities' nodes, an early-education and a school service of Espoo, and a kitchen company.");
        wait_until_found(stage, &directory_url, people).await?;
        told.step("Every person can be found by their own wallet, and by nobody else.");
        let wallet = (wallet_url, start_wallet(stage, wallet_port).await?);
        told.step("Helsinki serves the wallet to browsers.");
        let desk = open_desk(stage, &wallet.0)?;
        told.step("Espoo's early education opens its admission desk.");
        let (directory, blinder) = ((directory_url, Some(directory)), (blinder_url, blinder));
        Ok(Self { provider, directory, blinder, nodes, wallet, desk })
    }

    /// kill -9 of the directory.
    pub(super) fn kill_directory(&mut self) {
        self.directory.1 = None;
    }

    /// It is started again. Its address.
    pub(super) async fn restart_directory(&mut self, stage: &Stage) -> Result<&str, Failure> {
        self.directory.1 = Some(serve_directory(stage, &self.directory.0).await?);
        Ok(&self.directory.0)
    }

    /// Espoo's node fails.
    pub(super) fn stop_espoo(&mut self) {
        self.nodes.retain(|(name, ..)| name != "espoo");
    }

    /// And comes back.
    pub(super) async fn restart_espoo(&mut self, stage: &Stage) -> Result<(), Failure> {
        let url = node_url(stage, "espoo")?;
        self.nodes.push(("espoo".to_owned(), url.clone(), start_node(stage, "espoo", &url).await?));
        Ok(())
    }

    /// Where everybody is, in words.
    pub(super) fn addresses(&self, stage: &Stage) -> String {
        let mut lines = vec![
            String::new(),
            "Everything goes on running until Ctrl-C. Open in a browser:".to_owned(),
            format!("  wallet          {}", self.wallet.0),
            format!("  service page    {}", self.desk.0),
            "And for programs:".to_owned(),
            format!("  directory       {}", self.directory.0),
            format!("  blinder         {}", self.blinder.0),
            format!("  login provider  {}", self.provider.issuer),
        ];
        lines.extend(self.nodes.iter().map(|(name, url, _)| format!("  {name:<15} {url}")));
        lines.push(format!("  folder          {}", stage.dir().display()));
        lines.push(String::new());
        let commands = self.commands(stage);
        lines.extend(commands.iter().map(|(what, line)| format!("{:<17}{line}", format!("{what}:"))));
        lines.join("\n")
    }

    /// What anybody can type now, and what for.
    fn commands(&self, stage: &Stage) -> Vec<(&'static str, String)> {
        let (wallet, service) = (stage.path("wallet-terminal"), stage.path("early-education"));
        let federation = stage.path("blinder/federation.toml");
        let mut commands = vec![
            ("Be a citizen", stage.line(&["wallet", "--wallet", &wallet, "init", "--federation", &federation])),
            ("Be a service", stage.line(&["service", "--service", &service, "ask", &stage.path(DAY_CARE.0)])),
        ];
        if let (Some((_, url, _)), true) = (self.nodes.first(), has_curl()) {
            commands.push(("Ask anybody", format!("curl --silent --show-error {url}/.well-known/aitta")));
        }
        if let Some((name, _, running)) = self.nodes.iter().find(|(name, ..)| name == "espoo") {
            commands.push(("Stop Espoo", format!("kill {}", running.pid())));
            let config = stage.path(&format!("{name}/node.toml"));
            commands.push(("Start it again", stage.line(&["node", "serve", "--config", &config])));
        }
        commands
    }

    /// Where everybody is, for machines.
    pub(super) fn addresses_json(&self, stage: &Stage) -> Value {
        let node = |(name, url, running): &(String, String, Running)| {
            // Whoever plays ends one to see what happens without it.
            json!({ "name": name, "url": url, "pid": running.pid() })
        };
        let nodes: Vec<Value> = self.nodes.iter().map(node).collect();
        json!({
            "wallet": self.wallet.0, "desk": self.desk.0, "directory": self.directory.0, "blinder": self.blinder.0, "provider": self.provider.issuer, "nodes": nodes,
            "folder": stage.dir(),
            "commands": self.commands(stage).iter().map(|(what, line)| json!({ "what": what, "line": line })).collect::<Vec<_>>(),
        })
    }
}

async fn start_directory(stage: &Stage, url: &str) -> Result<Running, Failure> {
    let mut arguments: Vec<String> = ["directory", "init", "directory"].map(str::to_owned).into();
    arguments.extend(stage.serving_at(url));
    if let Some(tls) = &stage.tls {
        arguments.extend(["--roots".to_owned(), tls.roots.display().to_string()]);
    }
    stage.done(&arguments)?;
    serve_directory(stage, url).await
}

async fn serve_directory(stage: &Stage, url: &str) -> Result<Running, Failure> {
    let mut running = stage.start("directory", &["directory", "serve", "--config", "directory/directory.toml"])?;
    stage.serves(&mut running, url).await?;
    Ok(running)
}

/// A command line from its parts.
fn with<'a>(serving: &'a [String], parts: &[&[&'a str]]) -> Vec<&'a str> {
    parts.iter().copied().flatten().copied().chain(serving.iter().map(String::as_str)).collect()
}

fn admit(stage: &Stage, folder: &str) -> Result<(), Failure> {
    stage.done(&[
        "directory",
        "admit",
        &format!("{folder}/membership-request.json"),
        "--federation",
        "directory/federation.toml",
        "--anchor-key",
        "directory/offline/anchor.key",
    ])?;
    Ok(())
}

fn make_blinder(stage: &Stage, url: &str, issuer: &str) -> Result<(), Failure> {
    let init = ["blinder", "init", "blinder", "--name", "sokaisija", "--names", "Sokaisija,Blindaren,Blinder"];
    let federation = ["--federation", "directory/federation.toml"];
    let provider = ["--issuer", issuer, "--client-id", BLINDER_CLIENT];
    stage.done(&with(&stage.serving_at(url), &[&init, &federation, &provider]))?;
    admit(stage, "blinder")
}

async fn start_blinder(stage: &Stage, url: &str) -> Result<Running, Failure> {
    let mut running = stage.start("blinder", &["blinder", "serve", "--config", "blinder/blinder.toml"])?;
    stage.serves(&mut running, url).await?;
    stage.done(&["blinder", "publish-profile", "--profile", "blinder/profile.toml"])?;
    Ok(running)
}

fn make_node(
    stage: &Stage,
    name: &str,
    names: &str,
    url: &str,
    catalogues: &Path,
    issuer: &str,
    secret: &str,
) -> Result<(), Failure> {
    let catalogue = catalogue(catalogues, name)?;
    let port = free_port()?;
    let (quic, tcp) = (format!("/ip4/127.0.0.1/udp/{port}/quic-v1"), format!("/ip4/127.0.0.1/tcp/{port}"));
    let init = ["node", "init", name, "--name", name, "--names", names, "--p2p", &quic, "--p2p", &tcp];
    let federation = ["--federation", "directory/federation.toml", "--blinder", "blinder/blinder.json"];
    stage.done(&with(&stage.serving_at(url), &[&init, &federation, &["--catalogue", &catalogue]]))?;
    stage.write(&format!("{name}/keys/oidc.secret"), secret)?;
    let quoted = |text: &str| super::super::serving::quoted(text);
    let path = format!("{name}/node.toml");
    let template = std::fs::read_to_string(stage.dir().join(&path))
        .map_err(|source| Failure::internal(format!("{path} was not made"), source))?;
    let settings = [
        ("oidc.issuer", quoted(issuer)),
        ("oidc.client_id", quoted(name)),
        ("oidc.client_secret_file", quoted("keys/oidc.secret")),
        ("oidc.redirect_url", quoted(&format!("{url}/v1/enrolments/callback"))),
        ("oidc.accepted_loa", format!("[{}]", quoted(demo_provider::LOA))),
        // The story does not wait half a minute for what changes in the registry.
        ("directory.refresh_secs", "1".to_owned()),
        ("directory.publish_secs", "1".to_owned()),
    ];
    stage.write(&path, &fill(&template, &settings))?;
    admit(stage, name)
}

/// The kitchen is a member with a service, and a folder like a city's; its node is never started.
fn make_kitchen(stage: &Stage, catalogues: &Path) -> Result<(), Failure> {
    let catalogue = catalogue(catalogues, "espoo")?;
    stage.done(&[
        "node",
        "init",
        KITCHEN,
        "--name",
        KITCHEN,
        "--names",
        "Ruokapalvelu Oy,Matservice Ab,Kitchen Services Ltd",
        "--url",
        "https://127.0.0.1:9",
        "--federation",
        "directory/federation.toml",
        "--catalogue",
        &catalogue,
    ])?;
    admit(stage, KITCHEN)
}

fn catalogue(catalogues: &Path, name: &str) -> Result<String, Failure> {
    let path = catalogues.join(format!("{name}.toml"));
    let found = std::fs::canonicalize(&path).map_err(|source| {
        Failure::usage(format!("cannot read {}", path.display()))
            .because(source)
            .advise("Run the demonstration from the repository, or name the catalogues with --catalogues.")
    })?;
    Ok(found.display().to_string())
}

fn make_services(stage: &Stage) -> Result<(), Failure> {
    let init = |folder: &str, organisation: &str| {
        stage.done(&[
            "service",
            "--service",
            folder,
            "init",
            "--federation",
            "directory/federation.toml",
            "--organisation",
            organisation,
        ])
    };
    init("early-education", "espoo")?;
    init("school", "espoo")?;
    init("kitchen", KITCHEN)?;
    let register = |folder: &str, organisation: &str, names: &str, more: &[&str]| {
        let services = format!("{organisation}/services.toml");
        let head = ["service", "--service", folder, "register", "--services", &services, "--names", names];
        stage.done(&[head.as_slice(), more].concat())
    };
    register(
        "early-education",
        "espoo",
        "Varhaiskasvatus,Småbarnspedagogik,Early childhood education",
        &[
            "--purpose",
            "dpv:ServiceProvision",
            "--purpose",
            "dpv:ServiceOptimisation",
            "--max-retention-days",
            "400",
            "--fields",
            "child-health:allergies,vaccinations",
            "--fields",
            "early-education:unit,start_date,special_diet",
            "--fields",
            "residence:address,called_name",
        ],
    )?;
    register(
        "school",
        "espoo",
        "Koulutulokkaat,Skolnybörjare,School admission",
        &["--purpose", "dpv:ServiceProvision", "--max-retention-days", "30", "--answers", "residence:birth_date"],
    )?;
    register(
        "kitchen",
        KITCHEN,
        "Keittiö,Kök,Kitchen",
        &["--purpose", "dpv:ServiceProvision", "--max-retention-days", "400", "--fields", "child-health:allergies"],
    )?;
    for (name, _) in CITIES {
        publish(stage, name)?;
    }
    publish(stage, KITCHEN)
}

fn publish(stage: &Stage, name: &str) -> Result<(), Failure> {
    stage.done(&["node", "publish-profile", "--profile", &format!("{name}/profile.toml")])?;
    Ok(())
}

fn import(stage: &Stage, name: &str, registers: &Path, told: &Told) -> Result<u64, Failure> {
    let folder = std::fs::canonicalize(registers.join(name)).map_err(|source| {
        Failure::usage(format!("cannot read the registers of {name} in {}", registers.display()))
            .because(source)
            .advise("Run the demonstration from the repository, or name the registers with --registers.")
    })?;
    let config = format!("{name}/node.toml");
    let said = stage.run(&["import", "--config", &config, &folder.display().to_string()])?;
    // The next day's extract has rows that are wrong on purpose; they are refused alone.
    if said.code != 0 && said.code != crate::exit::Exit::Partly.number() {
        return Err(failed(format!("the registers of {name} were not imported: {}", said.json)));
    }
    let number = |pointer: &str| said.json.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
    let (people, rows, refused) = (number("/people"), number("/total/rows"), number("/total/refused"));
    told.step(&format!("{name}: {rows} rows about {people} people imported, {refused} refused alone."));
    Ok(people)
}

async fn start_node(stage: &Stage, name: &str, url: &str) -> Result<Running, Failure> {
    let mut running = stage.start(name, &["node", "serve", "--config", &format!("{name}/node.toml")])?;
    stage.serves(&mut running, url).await?;
    Ok(running)
}

/// Over plain HTTP in any case: browsers know this machine, and not the demonstration's certificates.
async fn start_wallet(stage: &Stage, port: u16) -> Result<Running, Failure> {
    let address = format!("http://127.0.0.1:{port}");
    let serve =
        ["wallet", "serve", "--federation", "blinder/federation.toml", "--theme", THEME.0, "--listen", &address];
    let mut running = stage.start("wallet", &serve)?;
    stage.serves(&mut running, &address).await?;
    Ok(running)
}

/// Espoo's admission desk. Its address has the key that opens it.
fn open_desk(stage: &Stage, wallet: &str) -> Result<(String, Running), Failure> {
    let listen = format!("http://127.0.0.1:{}", free_port()?);
    let desk = ["service", "--service", "early-education", "desk", "--listen", &listen, "--wallet", wallet];
    let asks = ["--ask", DAY_CARE.0, "--ask", MENUS.0];
    let (running, said) = stage.start_and_hear("desk", &[&desk[..], &asks].concat())?;
    let open = said.get("open").and_then(Value::as_str);
    Ok((open.ok_or_else(|| failed(format!("the desk does not open: {said}")))?.to_owned(), running))
}

fn node_url(stage: &Stage, name: &str) -> Result<String, Failure> {
    let profile = std::fs::read_to_string(stage.dir().join(name).join("profile.toml"))
        .map_err(|source| Failure::internal("a profile is gone", source))?;
    let profile: toml::Table =
        profile.parse().map_err(|source| Failure::internal("a profile does not read", source))?;
    let url = profile.get("endpoints").and_then(|list| list.get(0)).and_then(toml::Value::as_str);
    url.map(str::to_owned).ok_or_else(|| failed("a profile has no endpoint"))
}

async fn wait_until_found(stage: &Stage, directory: &str, people: u64) -> Result<(), Failure> {
    let directory = DirectoryClient::new(&stage.caller, directory)?;
    stage
        .until("the directory has an entry for each person", || async { Ok(directory.entries().await? >= people) })
        .await
}
