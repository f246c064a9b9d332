// npm plasmid 0.0.0: a process that reads a line for each thing to measure, like `w1 on`, and
// answers a line of JSON with its figures. Its modules are where NODE_PATH says.
'use strict'

const crypto = require('crypto')
const readline = require('readline')
const { Transform } = require('stream')
const plasmid = require('plasmid')

const padded = (prefix, number, digits) => prefix + String(number).padStart(digits, '0')
const id = (number) => padded('member-', number, 9)
const key = (number) => padded('key-', number, 12)
// 64 characters, of which 48 bytes are chance.
const value = () => crypto.randomBytes(48).toString('base64')

async function clocked(work) {
  const start = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - start)
}

async function sets(history) {
  const SETS = 100000
  const KEYS = 10000
  const host = new plasmid.Host(id(0), { state: new plasmid.LocalState({ history }) })
  const keys = Array.from({ length: KEYS }, (_, at) => key(at))
  const values = Array.from({ length: SETS }, value)
  const ns = await clocked(() => {
    for (let at = 0; at < SETS; ++at) host.set(keys[at % KEYS], values[at])
  })
  return { ns: ns / SETS }
}

// One end of a connection: objects become lines of JSON, and bytes that are counted.
const lines = (wire) =>
  new Transform({
    writableObjectMode: true,
    transform(object, _, done) {
      const line = Buffer.from(JSON.stringify(object) + '\n')
      wire.bytes += line.length
      done(null, line)
    }
  })

// The other end.
function objects() {
  let rest = ''
  return new Transform({
    readableObjectMode: true,
    transform(bytes, _, done) {
      const parts = (rest + bytes).split('\n')
      rest = parts.pop()
      for (const part of parts) this.push(JSON.parse(part))
      done()
    }
  })
}

// `reader` learns of the participants that it knows what `source` has.
function pull(reader, source, wire) {
  return new Promise((resolve) => {
    const stream = reader.createStream()
    const asked = stream.pipe(lines(wire)).pipe(objects())
    const answered = asked.pipe(source.exchange()).pipe(lines(wire)).pipe(objects())
    answered.pipe(stream).on('finish', resolve)
  })
}

async function coldSync() {
  const PARTICIPANTS = 1000
  const KEYS = 100
  const holder = new plasmid.Host(id(PARTICIPANTS))
  const heard = holder.createStream()
  for (let number = 0; number < PARTICIPANTS; ++number) {
    for (let at = 0; at < KEYS; ++at) {
      heard.write({ r: id(number), k: key(number * KEYS + at), v: value(), n: at + 1 })
    }
  }
  const newcomer = new plasmid.Host(id(PARTICIPANTS + 1))
  const wire = { bytes: 0 }
  const ns = await clocked(async () => {
    // A host is told only of participants that it knows, and learns who there is when it is asked.
    await pull(holder, newcomer, wire)
    await pull(newcomer, holder, wire)
  })
  const entries = PARTICIPANTS * KEYS
  const reached = newcomer.getDigest().reduce((sum, { n }) => sum + n, 0)
  if (reached !== entries) throw new Error(`${reached} of ${entries} entries arrived`)
  return { ns: ns / entries, bytes: wire.bytes / entries }
}

async function measure([name, how]) {
  if (name === 'w1') return sets(how === 'on')
  if (name === 'w2') return coldSync()
  throw new Error(`nothing is called ${name}`)
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await measure(line.split(' '))))
  }
}

main()
