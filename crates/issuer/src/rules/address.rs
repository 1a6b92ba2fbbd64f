//! Limits per network address: a bucket of tokens that refills.

use std::collections::HashMap;
use std::net::IpAddr;

use skts_otp::UnixTime;

/// How much one address may ask.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// Calls at once.
    pub burst: u32,
    /// Calls a minute in the long run.
    pub per_minute: u32,
}

/// Buckets of the addresses seen lately.
#[derive(Debug)]
pub struct AddressLimits {
    allowance: Allowance,
    buckets: HashMap<IpAddr, Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Sixtieths of a call, so that whole seconds refill exactly.
    left: u64,
    at: UnixTime,
}

/// Addresses remembered; beyond it, full buckets are forgotten.
const MOST_ADDRESSES: usize = 100_000;

impl AddressLimits {
    /// No address has asked anything yet.
    pub fn new(allowance: Allowance) -> Self {
        Self {
            allowance,
            buckets: HashMap::new(),
        }
    }

    /// Takes one call of `address`.
    ///
    /// # Errors
    /// Seconds to wait, at least one, if there is none left.
    pub fn take(&mut self, address: IpAddr, now: UnixTime) -> Result<(), u64> {
        let full = u64::from(self.allowance.burst) * 60;
        let rate = u64::from(self.allowance.per_minute);
        if self.buckets.len() >= MOST_ADDRESSES {
            self.buckets
                .retain(|_, b| b.left.saturating_add(now.secs_since(b.at) * rate) < full);
        }
        let bucket = self.buckets.entry(network(address)).or_insert(Bucket {
            left: full,
            at: now,
        });
        bucket.left = bucket
            .left
            .saturating_add(now.secs_since(bucket.at) * rate)
            .min(full);
        bucket.at = bucket.at.max(now);
        if bucket.left < 60 {
            return Err((60 - bucket.left).div_ceil(rate.max(1)).max(1));
        }
        bucket.left -= 60;
        Ok(())
    }
}

/// One customer holds a whole IPv6 /64, so that is what is counted.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6((u128::from(v6) & (u128::MAX << 64)).into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> UnixTime {
        UnixTime::from_secs(secs)
    }

    #[test]
    fn a_burst_is_let_through_then_one_call_a_refill() {
        let mut limits = AddressLimits::new(Allowance {
            burst: 3,
            per_minute: 6,
        });
        let address: IpAddr = "127.0.0.1".parse().unwrap();
        for _ in 0..3 {
            assert_eq!(limits.take(address, at(100)), Ok(()));
        }
        assert_eq!(limits.take(address, at(100)), Err(10));
        assert_eq!(limits.take(address, at(109)), Err(1));
        assert_eq!(limits.take(address, at(110)), Ok(()));
        assert_eq!(limits.take("127.0.0.2".parse().unwrap(), at(110)), Ok(()));
    }

    #[test]
    fn a_clock_set_back_gives_nothing_away() {
        let mut limits = AddressLimits::new(Allowance {
            burst: 1,
            per_minute: 60,
        });
        let address: IpAddr = "127.0.0.1".parse().unwrap();
        assert_eq!(limits.take(address, at(1000)), Ok(()));
        assert!(limits.take(address, at(10)).is_err());
    }

    #[test]
    fn an_ipv6_network_shares_one_bucket() {
        let mut limits = AddressLimits::new(Allowance {
            burst: 1,
            per_minute: 1,
        });
        assert_eq!(limits.take("2001:db8::1".parse().unwrap(), at(0)), Ok(()));
        assert!(
            limits
                .take("2001:db8::ffff".parse().unwrap(), at(0))
                .is_err()
        );
        assert_eq!(
            limits.take("2001:db8:0:1::1".parse().unwrap(), at(0)),
            Ok(())
        );
    }
}
