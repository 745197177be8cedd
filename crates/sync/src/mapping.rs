//! By what a stream was mapped: when that changes, the stream is mapped again.

use almanac_model::chain::Chains;
use almanac_model::stream::Stream;
use sha2::{Digest, Sha256};

/// What projections are made by: the mapper and, for assets, the chains. When it differs from
/// what a stream was mapped by, the stream is mapped again from its raw records.
pub(crate) fn mapping_version(stream: Stream, mapper: u32, chains: &Chains) -> i64 {
    let chains = match stream {
        Stream::Assets => {
            let chains = serde_json::to_string(chains).expect("chains are plain data");
            Sha256::digest(chains.as_bytes())[..4].to_vec()
        }
        _ => vec![0; 4],
    };
    let chains = chains.iter().fold(0_i64, |hash, byte| (hash << 8) | i64::from(*byte));
    (i64::from(mapper) << 32) | chains
}

#[cfg(test)]
mod tests {
    use almanac_model::chain::{Link, Target};

    use super::*;

    #[test]
    fn changed_chains_map_assets_again_and_nothing_else() {
        let changed = Chains::default().with(Target::Notes, [Link::Standard("notes".to_owned())]);
        let version = |stream, chains: &Chains| mapping_version(stream, 1, chains);
        let before = Chains::default();
        assert_ne!(version(Stream::Assets, &before), version(Stream::Assets, &changed));
        assert_eq!(version(Stream::Clients, &before), version(Stream::Clients, &changed));
        assert_ne!(mapping_version(Stream::Clients, 2, &before), version(Stream::Clients, &before));
    }
}
