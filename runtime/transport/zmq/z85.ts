/**
 * Z85: bytes as printable text, five characters for four bytes (ZeroMQ RFC 32).
 * @module
 */

const ALPHABET =
  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const BASE = 85;

/** The text of `bytes`, whose number must be a multiple of four. */
export function encodeZ85(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    let value = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
    let group = "";
    for (let digit = 0; digit < 5; digit++) {
      group = ALPHABET.charAt(value % BASE) + group;
      value = Math.floor(value / BASE);
    }
    text += group;
  }
  return text;
}

/** The bytes of `text`; undefined when it isn't Z85. */
export function decodeZ85(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 5 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 5 * 4);
  for (let at = 0; at < text.length; at += 5) {
    let value = 0;
    for (const character of text.slice(at, at + 5)) {
      const digit = ALPHABET.indexOf(character);
      if (digit < 0) return undefined;
      value = value * BASE + digit;
    }
    if (value > 0xffff_ffff) return undefined;
    new DataView(bytes.buffer).setUint32(at / 5 * 4, value);
  }
  return bytes;
}
