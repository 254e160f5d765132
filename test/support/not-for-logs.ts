/** A national identity number in the clear. Eleven digits within hexadecimal ones are a part of an id, as one in two hundred UUIDs has them. */
export const nationalNumber = /(?<![\da-f])\d{11}(?![\da-f])/;
