//! Our own address, as others reach us.

use std::net::IpAddr;
use url::Url;

/// Where people find the server: a scheme, a host and perhaps a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    host: String,
}

impl PublicUrl {
    /// Of a path of ours.
    pub fn of(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Its host alone, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn as_text(&self) -> &str {
        &self.origin
    }
}

impl std::str::FromStr for PublicUrl {
    type Err = String;

    /// # Errors
    /// When it is not an address of ours alone, or travels in the clear beyond this machine.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is not an address such as https://prodops.example.com");
        let url = Url::parse(text).map_err(|_| wrong())?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() {
            return Err(wrong());
        }
        let host = host(&url).ok_or_else(wrong)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&host) => {}
            "http" => return Err(format!("'{text}' is not https; plain http is for this machine alone")),
            _ => return Err(wrong()),
        }
        Ok(Self { origin: url.origin().ascii_serialization(), host })
    }
}

/// The host that a URL names, an IPv6 address without its brackets.
pub(in crate::kernel) fn host(url: &Url) -> Option<String> {
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty()).then(|| host.to_owned())
}

/// Whether a host is this machine by its name alone; no name is looked up.
pub(in crate::kernel) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_ours_is_public() {
        for (text, origin, host) in [
            ("https://prodops.example.com", "https://prodops.example.com", "prodops.example.com"),
            ("https://prodops.example.com/", "https://prodops.example.com", "prodops.example.com"),
            ("https://Example.com:8443", "https://example.com:8443", "example.com"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1"),
            ("http://localhost:8080", "http://localhost:8080", "localhost"),
            ("http://[::1]:8080", "http://[::1]:8080", "::1"),
        ] {
            let url: PublicUrl = text.parse().unwrap();
            assert_eq!((url.as_text(), url.host()), (origin, host), "{text}");
        }
        assert_eq!("https://a.example".parse::<PublicUrl>().unwrap().of("/r/x"), "https://a.example/r/x");
        for text in [
            "",
            "prodops.example.com",
            "http://prodops.example.com",
            "http://127.0.0.1.example.com",
            "https://prodops.example.com/below",
            "https://prodops.example.com/?a=b",
            "https://prodops.example.com/#a",
            "https://me:secret@prodops.example.com",
            "ftp://prodops.example.com",
            "javascript:alert(1)",
        ] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }
}
