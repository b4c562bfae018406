//! An outside issuer in this process, which says whatever a test has it say, and counts who asks.

use crate::app::TestApp;
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, jwk::Jwk};
use prodops::kernel::{auth::IssuerOptions, config::Reach};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

pub const AUDIENCE: &str = "prodops-api";
pub const CLIENT: &str = "prodops";
pub const SECRET: &str = "a secret: with/signs+";
/// Where browsers come back to; in tests nobody follows.
pub const HOME: &str = "http://127.0.0.1:9";

/// A key of its own, and its public half.
#[derive(Clone)]
pub struct Signing {
    pub kid: String,
    pub algorithm: Algorithm,
    pub key: EncodingKey,
    pub public: Value,
}

impl Signing {
    pub fn new(kid: &str, algorithm: Algorithm) -> Self {
        let random = SystemRandom::new();
        let (key, mut public) = match algorithm {
            Algorithm::EdDSA => {
                let whole = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
                let pair = Ed25519KeyPair::from_pkcs8(whole.as_ref()).expect("a key");
                let x = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
                let public = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "x": x });
                (EncodingKey::from_ed_der(whole.as_ref()), public)
            }
            Algorithm::ES256 => {
                let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
                let key = EncodingKey::from_ec_der(key.as_ref());
                let public = json!(Jwk::from_encoding_key(&key, algorithm).expect("a public key"));
                (key, public)
            }
            other => panic!("no key for {other:?}"),
        };
        public["kid"] = json!(kid);
        public["use"] = json!("sig");
        Self { kid: kid.to_owned(), algorithm, key, public }
    }

    /// Signs whatever stands there.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm);
        format!("{message}.{}", signature.expect("a signature"))
    }

    pub fn header(&self) -> Value {
        json!({ "alg": format!("{:?}", self.algorithm), "kid": self.kid, "typ": "at+jwt" })
    }
}

#[derive(Default)]
pub struct Said {
    /// What it answers, by path; anything else is 404.
    pub documents: BTreeMap<String, (u16, String)>,
    /// The ID token for a code.
    pub codes: BTreeMap<String, String>,
    /// What was asked for, and sent.
    pub asked: Vec<(String, String)>,
    /// Answers are kept back for so long.
    pub slow: Duration,
}

/// It answers until it is dropped.
pub struct OtherIssuer {
    pub at: String,
    said: Arc<Mutex<Said>>,
    pub key: Signing,
}

impl OtherIssuer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let at = format!("http://{}", listener.local_addr().expect("an address"));
        let said = Arc::new(Mutex::new(Said::default()));
        let shared = Arc::downgrade(&said);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let Some(said) = shared.upgrade() else { return };
                std::thread::spawn(move || answer(connection.expect("a connection"), &said));
            }
        });
        let this = Self { at, said, key: Signing::new("one", Algorithm::ES256) };
        let configuration = json!({
            "issuer": this.at, "jwks_uri": format!("{}/keys", this.at),
            "authorization_endpoint": format!("{}/authorize?prompt=login", this.at),
            "token_endpoint": format!("{}/token", this.at),
        });
        this.serve("/.well-known/openid-configuration", 200, &configuration);
        this.publish(&[&this.key]);
        this
    }

    pub fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().expect("what it says")
    }

    pub fn serve(&self, path: &str, status: u16, document: &Value) {
        self.said().documents.insert(path.to_owned(), (status, document.to_string()));
    }

    pub fn publish(&self, keys: &[&Signing]) {
        let keys: Vec<_> = keys.iter().map(|key| &key.public).collect();
        self.serve("/keys", 200, &json!({ "keys": keys }));
    }

    /// How often it was asked for a path.
    pub fn count(&self, path: &str) -> usize {
        self.said().asked.iter().filter(|(asked, _)| asked == path).count()
    }

    pub fn options(&self) -> IssuerOptions {
        let said = |text: &str| Some(text.to_owned());
        IssuerOptions {
            oidc_issuer: said(&self.at),
            oidc_audience: said(AUDIENCE),
            oidc_client_id: said(CLIENT),
            oidc_client_secret: Some(SECRET.parse().expect("a secret")),
            ..IssuerOptions::default()
        }
    }

    pub fn known(&self) -> Reach {
        known(self.options())
    }

    /// A token of somebody's for the API.
    pub fn token(&self, app: &TestApp, email: &str) -> String {
        self.key.sign(&self.key.header(), &self.claims(email, app.clock.now().utc().timestamp()))
    }

    /// What it says of somebody to the API.
    pub fn claims(&self, email: &str, seconds: i64) -> Value {
        json!({
            "iss": self.at, "aud": AUDIENCE, "sub": "0001", "iat": seconds, "nbf": seconds, "exp": seconds + 300,
            "email": email, "email_verified": true, "scope": "openid email",
        })
    }
}

/// A server's settings with these.
pub fn known(options: IssuerOptions) -> Reach {
    let home = HOME.parse().expect("an address");
    Reach { issuer: options.resolve(Some(&home)).expect("settings"), ..Reach::default() }
}

fn answer(connection: TcpStream, said: &Mutex<Said>) {
    let mut reader = BufReader::new(connection);
    let (mut line, mut length, mut authorization) = (String::new(), 0, String::new());
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    loop {
        line.clear();
        if reader.read_line(&mut line).unwrap_or(0) <= 2 {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            match name.to_lowercase().as_str() {
                "content-length" => length = value.trim().parse().expect("a length"),
                "authorization" => value.trim().clone_into(&mut authorization),
                _ => {}
            }
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let body = String::from_utf8(body).expect("text");
    let (slow, (status, document)) = {
        let mut said = said.lock().expect("what it says");
        said.asked.push((path.clone(), format!("{authorization}\n{body}")));
        let form: BTreeMap<_, _> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let document = match form.get("code").map(|code| said.codes.remove(code)) {
            Some(Some(token)) => (200, json!({ "token_type": "Bearer", "id_token": token }).to_string()),
            Some(None) => (400, json!({ "error": "invalid_grant" }).to_string()),
            None => said.documents.get(&path).cloned().unwrap_or((404, "{}".to_owned())),
        };
        (said.slow, document)
    };
    std::thread::sleep(slow);
    // 302s lead to its first argument.
    let location = if status == 302 { format!("Location: {}\r\n", document.trim_matches('"')) } else { String::new() };
    let _ = write!(
        reader.get_mut(),
        "HTTP/1.1 {status} Said\r\n{location}Content-Length: {}\r\nConnection: close\r\n\r\n{document}",
        document.len()
    );
}
