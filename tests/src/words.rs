//! Bytes as one readable word, and back: the notation of the transcripts.

/// Strings longer than this that repeat one byte are printed as that byte and a count.
const LONGEST_PLAIN: usize = 32;

/// The bytes that a word of a transcript stands for.
pub fn parse(word: &str) -> Result<Vec<u8>, String> {
    if word == "\"\"" {
        return Ok(Vec::new());
    }
    let (word, times) = match word.rsplit_once("\\*") {
        Some((left, count)) => (left, count.parse().map_err(|_| format!("bad count in {word}"))?),
        None => (word, 1),
    };
    let mut bytes = Vec::new();
    let mut rest = word.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => {
                let digits = [rest.next(), rest.next(), rest.next()];
                let [Some(b'x'), Some(high), Some(low)] = digits else {
                    return Err(format!("bad escape in {word}"));
                };
                *hex(&format!("{}{}", high as char, low as char))?.first().ok_or("no byte")?
            }
            b'"' | b'$' => return Err(format!("a character to be escaped in {word}")),
            0x21..=0x7e => byte,
            _ => return Err(format!("a byte to be escaped in {word}")),
        });
    }
    Ok(bytes.repeat(times))
}

/// The word that stands for `bytes`.
pub fn print(bytes: &[u8]) -> String {
    match bytes {
        [] => "\"\"".to_owned(),
        [first, rest @ ..] if bytes.len() > LONGEST_PLAIN && rest.iter().all(|b| b == first) => {
            format!("{}\\*{}", print(&[*first]), bytes.len())
        }
        _ => bytes.iter().map(|&byte| print_byte(byte)).collect(),
    }
}

/// The bytes written as pairs of hex digits.
pub fn hex(digits: &str) -> Result<Vec<u8>, String> {
    let fault = || format!("not hex: {digits}");
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(fault());
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| fault()))
        .collect()
}

fn print_byte(byte: u8) -> String {
    match byte {
        b'"' | b'$' | b'\\' => format!("\\x{byte:02x}"),
        0x21..=0x7e => (byte as char).to_string(),
        _ => format!("\\x{byte:02x}"),
    }
}
