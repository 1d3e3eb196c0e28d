//! `gate completions` and `gate man`, for packagers.

use super::{Exit, output};

/// Arguments of `gate completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  gate completions bash > /etc/bash_completion.d/gate")]
pub(super) struct Completions {
    /// Shell.
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(super) fn run(arguments: &Completions, command: &mut clap::Command) -> Exit {
    let mut bytes = Vec::new();
    clap_complete::generate(arguments.shell, command, "gate", &mut bytes);
    if output::print(&String::from_utf8_lossy(&bytes)) { Exit::Ok } else { Exit::Error }
}

/// Prints the manual page, the subcommands' pages after it.
pub(super) fn man(mut command: clap::Command) -> Exit {
    // Gives the subcommands their full names.
    command.build();
    let mut bytes = Vec::new();
    let mut pages = vec![command.clone()];
    pages.extend(command.get_subcommands().filter(|sub| !sub.is_hide_set()).cloned());
    for page in pages {
        if let Err(error) = clap_mangen::Man::new(page).render(&mut bytes) {
            output::complain(&format!("cannot write the manual page: {error}"));
            return Exit::Error;
        }
    }
    if output::print(&String::from_utf8_lossy(&bytes)) { Exit::Ok } else { Exit::Error }
}
