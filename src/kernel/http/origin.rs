//! Where a request comes from: the other end of the connection, or what a proxy of ours says of it.

use actix_web::HttpRequest;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// The proxies before us, whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default)]
pub struct Proxies(pub Vec<IpNet>);

impl Proxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address on the way here that is nearest to us and not a proxy's.
    ///
    /// Read from the near end: anybody can write the far one.
    fn origin<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let mut nearest = peer;
        for hop in forwarded.rev() {
            if !self.trusts(nearest) {
                break;
            }
            match address(hop.trim()) {
                Some(address) => nearest = address,
                None => break,
            }
        }
        nearest
    }
}

/// An address, which some proxies write with a port.
fn address(text: &str) -> Option<IpAddr> {
    let address = text.parse().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// Where a request comes from, as text; `unknown` where nobody can tell.
pub fn origin(req: &HttpRequest, proxies: Option<&Proxies>) -> String {
    let Some(peer) = req.peer_addr().map(|peer| peer.ip().to_canonical()) else { return "unknown".to_owned() };
    let sent = req.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = sent.flat_map(|value| value.split(',')).collect();
    proxies.map_or(peer, |proxies| proxies.origin(peer, hops.into_iter())).to_string()
}

#[cfg(test)]
mod tests {
    use super::Proxies;

    fn origin(peer: &str, forwarded: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "::1/128"].map(|network| network.parse().expect("a network"));
        let peer = peer.parse().expect("an address");
        Proxies(trusted.to_vec()).origin(peer, forwarded.iter().copied()).to_string()
    }

    #[test]
    fn only_a_proxy_of_ours_is_believed() {
        assert_eq!(origin("192.0.2.1", &["203.0.113.5"]), "192.0.2.1");
        assert_eq!(origin("10.0.0.1", &["203.0.113.5"]), "203.0.113.5");
        assert_eq!(origin("::1", &["203.0.113.5"]), "203.0.113.5");
    }

    #[test]
    fn what_a_client_makes_up_is_not() {
        assert_eq!(origin("10.0.0.1", &["1.2.3.4", " 203.0.113.5", "10.0.0.2"]), "203.0.113.5");
        assert_eq!(origin("10.0.0.1", &["1.2.3.4", "nonsense"]), "10.0.0.1");
        assert_eq!(origin("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(origin("10.0.0.1", &["203.0.113.5:4711"]), "203.0.113.5");
        assert_eq!(origin("10.0.0.1", &["[2001:db8::5]:4711"]), "2001:db8::5");
    }
}
