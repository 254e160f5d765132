/** A national identity number in the clear. Eleven digits within hexadecimal ones are a part of an id, as one in two hundred UUIDs has them. */
export const nationalNumber = /(?<![\da-f])\d{11}(?![\da-f])/;

/** A token in the clear. Random base64 that happens to hold its beginning has no dot behind it. */
export const wholeToken = /(?<![\w-])eyJ[\w-]+\./;
