//! How ranks get the connections for signs of life: rank 0 listens, and tells where through MPI; the others dial.

use super::frame::read;
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// How long one address may take to answer.
const DIAL: Duration = Duration::from_secs(3);
/// How long a rank that dials waits before it tries all addresses again, and the one that listens before it looks again.
const STEP: Duration = Duration::from_millis(20);
/// Shows that a connection is of the same job.
pub const TOKEN: usize = 16;

/// Where rank 0 can be dialled, as it is told to the others.
#[derive(Debug)]
pub struct Meeting {
    token: [u8; TOKEN],
    addresses: Vec<SocketAddr>,
}

/// A listener, on IPv6 and IPv4 where there is IPv6.
pub fn listen() -> io::Result<TcpListener> {
    TcpListener::bind("[::]:0").or_else(|_| TcpListener::bind("0.0.0.0:0"))
}

impl Meeting {
    /// The meeting at a listener of this host. The token is unlike those of other jobs.
    pub fn at(listener: &TcpListener) -> io::Result<Self> {
        let port = listener.local_addr()?.port();
        let is_dual = listener.local_addr()?.is_ipv6();
        let is_dialled = |ip: &IpAddr| match ip {
            IpAddr::V4(ip) => !ip.is_link_local(),
            IpAddr::V6(ip) => is_dual && !ip.is_unicast_link_local(),
        };
        let mut addresses: Vec<_> =
            if_addrs::get_if_addrs()?.into_iter().map(|interface| interface.ip()).filter(is_dialled).collect();
        // Others on this machine reach it there, too; on other machines nobody answers under the token.
        addresses.sort_by_key(|ip| (ip.is_loopback(), ip.is_ipv6()));
        if addresses.is_empty() {
            addresses.push(Ipv4Addr::LOCALHOST.into());
        }
        let addresses = addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
        Ok(Self { token: token(), addresses })
    }

    /// As it is told: the token, then the addresses as text.
    pub fn to_bytes(&self) -> Vec<u8> {
        let addresses: Vec<_> = self.addresses.iter().map(ToString::to_string).collect();
        [&self.token[..], addresses.join(" ").as_bytes()].concat()
    }

    /// What was told.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (token, addresses) = bytes.split_first_chunk()?;
        let addresses = str::from_utf8(addresses).ok()?.split(' ').map(|address| address.parse().ok()).collect::<Option<_>>()?;
        Some(Self { token: *token, addresses })
    }

    /// The addresses, for messages.
    pub fn addresses(&self) -> String {
        self.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    /// Connects to rank 0, before a deadline.
    ///
    /// # Errors
    /// No address answers as rank 0 of this job does.
    pub fn dial(&self, rank: usize, deadline: Instant) -> io::Result<TcpStream> {
        loop {
            let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
            for address in &self.addresses {
                match self.greet(*address, rank) {
                    Ok(stream) => return Ok(stream),
                    Err(error) => last = error,
                }
            }
            if Instant::now() >= deadline {
                return Err(last);
            }
            std::thread::sleep(STEP);
        }
    }

    fn greet(&self, address: SocketAddr, rank: usize) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect_timeout(&address, DIAL)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DIAL))?;
        stream.write_all(&[&self.token[..], &(rank as u32).to_le_bytes()].concat())?;
        if read::<TOKEN>(&mut stream)? == self.token { Ok(stream) } else { Err(ErrorKind::InvalidData.into()) }
    }

    /// Accepts the connections of all other ranks, before a deadline; they are returned by rank, without rank 0's own.
    ///
    /// # Errors
    /// The first rank that did not come.
    pub fn accept(&self, listener: &TcpListener, size: usize, deadline: Instant) -> Result<Vec<TcpStream>, usize> {
        let mut streams: Vec<Option<TcpStream>> = (1..size).map(|_| None).collect();
        let _ = listener.set_nonblocking(true);
        while let Some(missing) = streams.iter().position(Option::is_none) {
            match listener.accept() {
                Ok((stream, _)) => {
                    if let Ok((stream, rank)) = self.welcome(stream)
                        && let Some(place) = rank.checked_sub(1).and_then(|place| streams.get_mut(place))
                    {
                        *place = Some(stream);
                    }
                }
                Err(_) if Instant::now() < deadline => std::thread::sleep(STEP),
                Err(_) => return Err(missing + 1),
            }
        }
        Ok(streams.into_iter().flatten().collect())
    }

    fn welcome(&self, mut stream: TcpStream) -> io::Result<(TcpStream, usize)> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DIAL))?;
        if read::<TOKEN>(&mut stream)? != self.token {
            return Err(ErrorKind::InvalidData.into());
        }
        let rank = u32::from_le_bytes(read(&mut stream)?) as usize;
        stream.write_all(&self.token)?;
        Ok((stream, rank))
    }
}

/// Bytes that no other job has: of the randomness that hash maps are seeded with.
fn token() -> [u8; TOKEN] {
    use std::hash::{BuildHasher, RandomState};
    let [low, high] = [0u8, 1].map(|half| RandomState::new().hash_one(half).to_le_bytes());
    let mut token = [0; TOKEN];
    token[..8].copy_from_slice(&low);
    token[8..].copy_from_slice(&high);
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_one_job_meet_and_strangers_do_not() {
        let listener = listen().unwrap();
        let meeting = Meeting::at(&listener).unwrap();
        let told = Meeting::from_bytes(&meeting.to_bytes()).unwrap();
        let stranger = Meeting { token: token(), addresses: told.addresses.clone() };
        let deadline = Instant::now() + Duration::from_secs(20);
        std::thread::scope(|scope| {
            scope.spawn(|| stranger.greet(told.addresses[0], 2).unwrap_err());
            let told = &told;
            let dialled = [2, 1].map(|rank| scope.spawn(move || told.dial(rank, deadline).unwrap()));
            let streams = meeting.accept(&listener, 3, deadline).unwrap();
            let ports = dialled.map(|thread| thread.join().unwrap().local_addr().unwrap().port());
            let seen: Vec<_> = streams.iter().map(|stream| stream.peer_addr().unwrap().port()).collect();
            assert_eq!(seen, [ports[1], ports[0]]);
        });
    }

    #[test]
    fn a_rank_that_does_not_come_is_named() {
        let listener = listen().unwrap();
        let meeting = Meeting::at(&listener).unwrap();
        let deadline = Instant::now() + Duration::from_millis(100);
        assert_eq!(meeting.accept(&listener, 3, deadline).unwrap_err(), 1);
        drop(listener);
        assert!(meeting.dial(1, deadline).is_err());
    }
}
