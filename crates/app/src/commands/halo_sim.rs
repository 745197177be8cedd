//! `almanac halo-sim`.

use std::process::ExitCode;

use almanac_halo_sim::SimOptions;

use crate::failure::Failure;
use crate::output;
use crate::stop::StopSignal;

/// Serves until it is asked to end.
pub(super) async fn run(options: SimOptions) -> Result<ExitCode, Failure> {
    let stop = StopSignal::listen()?;
    let sim = almanac_halo_sim::start(options)
        .await
        .map_err(|error| Failure::failed(error.to_string()))?;
    output::line(&format!("HaloPSA simulator at {}", sim.base_url()))?;
    output::line(&format!("control port at http://{}", sim.control_addr))?;
    stop.asked().await;
    sim.stop().await;
    Ok(ExitCode::SUCCESS)
}
