//! Scratch.
use clap::Parser;
#[derive(Parser)]
struct C {
    #[command(flatten)]
    o: almanac_halo_sim::SimOptions,
}
#[tokio::main]
async fn main() {
    let c = C::parse();
    almanac_halo_sim::run(c.o).await.unwrap();
}
