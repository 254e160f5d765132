/** Bytes as letters from a to p, two each: no such text can be taken for a number of any kind. */
export const toLetters = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/./g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16)));

/** Empty for what is none. */
export const fromLetters = (text: string): Buffer =>
  /^(?:[a-p]{2}){1,500}$/.test(text)
    ? Buffer.from(
        text.replace(/./g, (letter) => (letter.charCodeAt(0) - 97).toString(16)),
        'hex',
      )
    : Buffer.alloc(0);
