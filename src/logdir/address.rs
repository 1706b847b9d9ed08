//! Where to send lines over the network.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The port of syslog, and of `u` lines that name none.
pub const SYSLOG_PORT: u16 = 514;

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is no IP address.
    Ip,
    /// What follows it is no port.
    Port,
}

/// The receiver of datagrams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// By UDP.
    Internet(SocketAddr),
    /// A unix socket, by path.
    Unix(Vec<u8>),
}

/// `a.b.c.d[:port]`, as a `u` line has it.
pub fn udp(text: &[u8]) -> Result<SocketAddr, Wrong> {
    let (ip, port) = match text.iter().position(|byte| *byte == b':') {
        Some(colon) => (text.get(..colon).unwrap_or_default(), text.get(colon + 1..)),
        None => (text, None),
    };
    let ip: Ipv4Addr = parse(ip).ok_or(Wrong::Ip)?;
    let port = port.map_or(Some(SYSLOG_PORT), parse).ok_or(Wrong::Port)?;
    Ok((ip, port).into())
}

/// A path, an IPv4 address or an IPv6 address (in brackets where a port follows), as a `y` line has it.
pub fn peer(text: &[u8]) -> Result<Peer, Wrong> {
    if text.first() == Some(&b'/') {
        return Ok(Peer::Unix(text.into()));
    }
    if let Some(ip) = parse::<IpAddr>(text) {
        return Ok(Peer::Internet((ip, SYSLOG_PORT).into()));
    }
    match parse::<SocketAddr>(text) {
        Some(address) => Ok(Peer::Internet(address)),
        None => udp(text).map(Peer::Internet),
    }
}

fn parse<T: core::str::FromStr>(text: &[u8]) -> Option<T> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_name_a_port() {
        assert_eq!(udp(b"10.0.0.1"), Ok((Ipv4Addr::new(10, 0, 0, 1), 514).into()));
        assert_eq!(udp(b"10.0.0.1:5514"), Ok((Ipv4Addr::new(10, 0, 0, 1), 5514).into()));
        assert_eq!(udp(b"10.0.0"), Err(Wrong::Ip));
        assert_eq!(udp(b""), Err(Wrong::Ip));
        assert_eq!(udp(b"10.0.0.1:x"), Err(Wrong::Port));
        assert_eq!(udp(b"10.0.0.1:99999"), Err(Wrong::Port));
    }

    #[test]
    fn a_peer_may_be_a_socket_or_of_the_new_internet() {
        assert_eq!(peer(b"/dev/log"), Ok(Peer::Unix(b"/dev/log".to_vec())));
        assert_eq!(peer(b"::1"), Ok(Peer::Internet("[::1]:514".parse().unwrap())));
        assert_eq!(peer(b"[::1]:99"), Ok(Peer::Internet("[::1]:99".parse().unwrap())));
        assert_eq!(peer(b"127.0.0.1:99"), Ok(Peer::Internet("127.0.0.1:99".parse().unwrap())));
        assert_eq!(peer(b"localhost"), Err(Wrong::Ip));
    }
}
