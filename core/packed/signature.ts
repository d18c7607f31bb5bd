/**
 * Ed25519 signatures of files: of minisign (jedisct1.github.io/minisign), whose public keys and signatures are short texts, or the plain
 * 64 bytes of `openssl pkeyutl -sign -rawin` with a public key in PEM.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { badSignature, reasonOf } from "../base/errors.ts";

/** DER of a public key before its 32 bytes (RFC 8410). */
const publicKeyPrefix = "302a300506032b6570032100";
const keyBytes = 32;
const signatureBytes = 64;
const idBytes = 8;
/** minisign's algorithms: the file itself, or its BLAKE2b-512 hash, is signed. */
const ofFile = "Ed";
const ofHash = "ED";
const maxTextBytes = 64 << 10;

/** @throws TraceError `SIGNATURE` unless the file was signed with the key */
export function assertSigned(
  file: { readonly path: string; readonly bytes: Uint8Array },
  key: Uint8Array,
  signatureFile: Uint8Array | undefined,
): void {
  try {
    if (signatureFile === undefined) throw new Error("it has no signature");
    const signature = small(signatureFile, "signature");
    const text = small(key, "key").toString("latin1");
    if (text.includes("-----BEGIN PUBLIC KEY-----")) assertPlain(file.bytes, createPublicKey(text), signature);
    else assertMinisign(file.bytes, text, signature.toString("latin1"));
  } catch (error) {
    throw badSignature(file.path, reasonOf(error));
  }
}

function small(bytes: Uint8Array, what: string): Buffer {
  if (bytes.length > maxTextBytes) throw new Error(`the file of the ${what} is none`);
  return Buffer.from(bytes);
}

function assertPlain(bytes: Uint8Array, key: KeyObject, signature: Buffer): void {
  if (key.asymmetricKeyType !== "ed25519") throw new Error(`the key is of type ${key.asymmetricKeyType}, not ed25519`);
  if (signature.length !== signatureBytes || !verify(null, bytes, key, signature))
    throw new Error("the signature is not of this file and key");
}

function assertMinisign(bytes: Uint8Array, keyText: string, signatureText: string): void {
  const key = lineOf(keyText, 2 + idBytes + keyBytes, "the key");
  const signature = lineOf(signatureText, 2 + idBytes + signatureBytes, "the signature");
  if (algorithm(key) !== ofFile) throw new Error("the key is not one of minisign");
  const id = key.subarray(2, 2 + idBytes);
  if (!signature.subarray(2, 2 + idBytes).equals(id)) throw new Error("the signature was made with another key");
  const signed = algorithm(signature) === ofHash ? new Bun.CryptoHasher("blake2b512").update(bytes).digest() : bytes;
  if (algorithm(signature) !== ofHash && algorithm(signature) !== ofFile) throw new Error("the signature is not one of minisign");
  const publicKey = publicKeyOf(key.subarray(2 + idBytes));
  const raw = signature.subarray(2 + idBytes);
  if (!verify(null, signed, publicKey, raw)) throw new Error("the signature is not of this file and key");
  assertComment(signatureText, raw, publicKey);
}

/** The trusted comment is signed together with the signature. */
function assertComment(text: string, signature: Buffer, key: KeyObject): void {
  const [, comment, global] = /^trusted comment: (.*)\r?\n([A-Za-z0-9+/=]+)\r?$/m.exec(text) ?? [];
  const whole = comment === undefined ? undefined : Buffer.concat([signature, Buffer.from(comment, "latin1")]);
  if (whole === undefined || !verify(null, whole, key, Buffer.from(global ?? "", "base64")))
    throw new Error("the trusted comment was changed");
}

/** The first line of base64 that has so many bytes. */
function lineOf(text: string, length: number, what: string): Buffer {
  const lines = text.split(/\r?\n/).filter((line) => /^[A-Za-z0-9+/]+=*$/.test(line));
  const found = lines.map((line) => Buffer.from(line, "base64")).find((bytes) => bytes.length === length);
  if (found === undefined) throw new Error(`${what} is neither one of minisign nor in PEM`);
  return found;
}

function algorithm(bytes: Buffer): string {
  return bytes.toString("latin1", 0, 2);
}

function publicKeyOf(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([Buffer.from(publicKeyPrefix, "hex"), raw]), format: "der", type: "spki" });
}
