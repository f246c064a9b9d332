//! Plots of what depends on how many there are: both axes logarithmic, a line for each contestant.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use plotters::prelude::*;

const SIZE: (u32, u32) = (800, 500);

/// Points by the name of a line, by the name of a plot.
#[derive(Default)]
pub(crate) struct Plots(BTreeMap<Plot, BTreeMap<String, Vec<(f64, f64)>>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Plot {
    IdleBytes,
    IdleTime,
    ChangedBytes,
    ChangedTime,
}

impl Plot {
    /// File, title, and what the axes are.
    const fn words(self) -> [&'static str; 4] {
        match self {
            Plot::IdleBytes => ["idle-bytes", "Nothing has changed", "participants", "bytes"],
            Plot::IdleTime => ["idle-time", "Nothing has changed", "participants", "ns"],
            Plot::ChangedBytes => {
                ["changed-bytes", "Reconciliation: all but the deltas", "changed", "bytes"]
            }
            Plot::ChangedTime => ["changed-time", "The whole exchange", "changed", "ns"],
        }
    }
}

impl Plots {
    pub(crate) fn point(&mut self, plot: Plot, line: &str, x: f64, y: Option<f64>) {
        let lines = self.0.entry(plot).or_default();
        lines.entry(line.to_owned()).or_default().extend(y.map(|y| (x, y)));
    }

    pub(crate) fn draw(&self, folder: &Path) -> Result<(), Box<dyn Error>> {
        fs::create_dir_all(folder)?;
        for (plot, lines) in &self.0 {
            let file = folder.join(plot.words()[0]).with_extension("svg");
            draw(&file, *plot, lines)?;
            eprintln!("{}", file.display());
        }
        Ok(())
    }
}

fn draw(
    file: &Path,
    plot: Plot,
    lines: &BTreeMap<String, Vec<(f64, f64)>>,
) -> Result<(), Box<dyn Error>> {
    let points = || lines.values().flatten();
    let (most_x, most_y) =
        points().fold((1.0, 1.0), |(x, y): (f64, f64), one| (x.max(one.0), y.max(one.1)));
    let least_y = points().fold(most_y, |least, one| least.min(one.1));
    let [_, title, x, y] = plot.words();

    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 20))
        .margin(20)
        .x_label_area_size(45)
        .y_label_area_size(80)
        .build_cartesian_2d(
            (1.0..most_x * 1.2).log_scale(),
            (least_y / 2.0..most_y * 2.0).log_scale(),
        )?;
    let number = |value: &f64| format!("{value}");
    chart
        .configure_mesh()
        .x_desc(x)
        .y_desc(y)
        .x_label_formatter(&number)
        .y_label_formatter(&number)
        .draw()?;
    for (at, (name, points)) in lines.iter().enumerate() {
        let color = Palette99::pick(at).to_rgba();
        let line = LineSeries::new(points.iter().copied(), color.stroke_width(2)).point_size(3);
        chart
            .draw_series(line)?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], color.stroke_width(2)));
    }
    chart.configure_series_labels().background_style(WHITE).border_style(BLACK).draw()?;
    area.present()?;
    Ok(())
}
