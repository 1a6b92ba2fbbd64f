//! `./x guide`: ご利用の手引き of an institution, as HTML and as a PDF.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use skts_guide::make::{Order, make};
use skts_institution::Language;

/// Makes the customer's guide of an institution.
#[derive(Debug, Parser)]
#[command(name = "guide", about)]
struct Arguments {
    /// The institution file (tools/institution/presets has samples).
    #[arg(long, value_name = "FILE")]
    institution: PathBuf,
    /// The folder to make; an older guide there is replaced.
    #[arg(long, value_name = "FOLDER", default_value = "target/guide")]
    out: PathBuf,
    /// The pictures, as ./x shots makes them.
    #[arg(long, value_name = "FOLDER", default_value = "target/pictures")]
    pictures: PathBuf,
    /// One language; both without it.
    #[arg(long)]
    language: Option<Tag>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Tag {
    Ja,
    En,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let languages = match arguments.language {
        Some(Tag::Ja) => vec![Language::Ja],
        Some(Tag::En) => vec![Language::En],
        None => Language::ALL.to_vec(),
    };
    let order = Order {
        institution: arguments.institution,
        pictures: arguments.pictures,
        out: arguments.out,
        languages,
    };
    match make(&order) {
        Ok(guides) => {
            for guide in guides.made {
                let kib = guide.size_bytes / 1024;
                println!("{} ({} pages, {kib} KiB)", guide.pdf.display(), guide.pages);
                println!("{}", guide.html.display());
            }
            let (foreign, all) = (guides.foreign, guides.pictures);
            if foreign > 0 {
                let (file, folder) = (order.institution.display(), order.pictures.display());
                eprintln!(
                    "{foreign} of its {all} pictures show another institution, or what {file} was before; \
                     take them for it: ./x shots --institution {file} --out {folder} \
                     --only 'guide/*' --only 'screen/*.light.phone@3x'"
                );
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
