//! What the owner writes.

use std::collections::HashSet;

use fastrand::Rng;
use plasmid::{Batch, Error, Host};

use crate::world::{Map, key_of, value_of};

/// One change of the owner's map, there and in `map`.
pub(crate) fn change(rng: &mut Rng, host: &mut Host, map: &mut Map) -> Result<(), Error> {
    let key = |rng: &mut Rng| vec![b'a' + rng.u8(..6)];
    let value = |rng: &mut Rng| {
        // Most are short, some longer than a sector or many.
        let len = *rng.choice(&[1, 8, 8, 8, 100, 700, 5000]).expect("a choice");
        std::iter::repeat_with(|| rng.u8(..)).take(len).collect::<Vec<u8>>()
    };
    match rng.u8(..20) {
        0..11 => {
            let (key, value) = (key(rng), value(rng));
            host.set(&key, &value)?;
            map.insert(key_of(&key), value_of(&value));
        }
        11..15 => {
            let key = key(rng);
            host.delete(&key)?;
            map.remove(&key_of(&key));
        }
        15..18 => {
            let (mut batch, mut touched) = (Batch::new(), HashSet::new());
            for _ in 0..rng.usize(1..4) {
                let (key, value) = (key(rng), value(rng));
                if touched.insert(key.clone()) && rng.bool() {
                    batch.set(&key, &value);
                    map.insert(key_of(&key), value_of(&value));
                } else {
                    batch.delete(&key);
                    map.remove(&key_of(&key));
                }
            }
            host.commit(&batch)?;
        }
        18 => drop(host.compact(None)?),
        _ => {
            host.leave()?;
            map.clear();
            host.renew()?;
        }
    }
    Ok(())
}
