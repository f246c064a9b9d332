//! What the commands of a transcript print.

use plasmid::{Change, ChangeKind, Error, Host, Status, Update};
use plasmid_store::StoreError;

use super::{Output, line};
use crate::words;

/// A word, or `none`.
pub(super) fn or_none(text: Option<impl ToString>) -> Output {
    line(text.map_or("none".to_owned(), |text| text.to_string()))
}

pub(super) fn value(value: Option<&[u8]>) -> Output {
    or_none(value.map(words::print))
}

pub(super) fn updates(updates: &[Update<'_>]) -> Output {
    lines(updates.iter().map(update))
}

/// Who is in that state of all that a host knows, and where each is.
pub(super) fn participants(host: &Host, status: Option<Status>) -> Output {
    let max_version = |id| host.max_version(id).unwrap_or(0);
    let print = |id| format!("{} {}", words::print(id), max_version(id));
    lines(host.participants(status).into_iter().map(print))
}

/// All that a host holds of those who are present and wrote: where each is, and its entries.
pub(super) fn whole(host: &Host) -> Vec<String> {
    let mut lines = Vec::new();
    for id in host.participants(Some(Status::Present)) {
        let max_version = host.max_version(id).unwrap_or(0);
        if max_version > 0 {
            lines.push(format!("{} {max_version}", words::print(id)));
            lines.extend(host.entries(id).iter().map(update));
        }
    }
    lines
}

pub(super) fn changes(changes: &[Change<'_>]) -> Vec<String> {
    or_one_none(changes.iter().map(|change| {
        let Change { kind, participant, version, generation, .. } = *change;
        let head = [kind.name(), &words::print(participant)].join(" ");
        let words = match kind {
            ChangeKind::Set => vec![words::print(change.key), words::print(change.value)],
            ChangeKind::Delete => vec![words::print(change.key)],
            _ => Vec::new(),
        };
        let tail = words.iter().map(|word| format!(" {word}")).collect::<String>();
        format!("{head} {version} {generation}{tail}")
    }))
}

/// Why the file of a host was not opened.
pub(super) fn store_error(error: &StoreError) -> String {
    let word = match error {
        StoreError::Host(error) => return self::error(*error),
        StoreError::InUse => "in_use",
        _ => "malformed",
    };
    format!("error {word}")
}

pub(super) fn error(error: Error) -> String {
    match error {
        Error::Malformed(_) => "error malformed".to_owned(),
        Error::Foreign => "error foreign".to_owned(),
        Error::Limit { limit, .. } => format!("error limit {}", limit.name()),
        Error::BudgetTooSmall { needed } => format!("error budget {needed}"),
        Error::Conflict => "error conflict".to_owned(),
        Error::Left => "error left".to_owned(),
        Error::Cursor => "error cursor".to_owned(),
        Error::UnknownParticipant => "error unknown_participant".to_owned(),
        Error::OwnParticipant => "error own_participant".to_owned(),
        other => format!("error {other}"),
    }
}

fn update(update: &Update<'_>) -> String {
    let head = format!("{} {}", update.version, words::print(update.key));
    match update.value {
        Some(value) => format!("{head} {}", words::print(value)),
        None => head,
    }
}

fn lines(all: impl Iterator<Item = String>) -> Output {
    Output::Lines(or_one_none(all))
}

fn or_one_none(all: impl Iterator<Item = String>) -> Vec<String> {
    let all: Vec<String> = all.collect();
    if all.is_empty() { vec!["none".to_owned()] } else { all }
}
