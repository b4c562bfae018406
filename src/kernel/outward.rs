//! Asking other servers: over https, by the certificates that this machine trusts.

use rustls::crypto::aws_lc_rs;
use std::{sync::Arc, time::Duration};
use ureq::{
    Agent,
    config::ConfigBuilder,
    tls::{Certificate, RootCerts, TlsConfig},
    typestate::AgentScope,
};

/// How many bytes of headers an answer may have.
const HEADERS: usize = 32 * 1024;
/// How long a server may take to be found and to take a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// What holds for whoever asks: no redirect is followed, so that nothing that was meant for one server reaches another,
/// and every status is an answer.
pub fn agent() -> ConfigBuilder<AgentScope> {
    // The machine's own, or those that `SSL_CERT_FILE` names, as for mail.
    let known = rustls_native_certs::load_native_certs().certs;
    let roots: Vec<_> = known.iter().map(|cert| Certificate::from_der(cert).to_owned()).collect();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .max_response_header_size(HEADERS)
        .user_agent("prodops")
}
