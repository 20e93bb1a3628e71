// QR codes, model 2, byte mode, error correction level M, versions 1 to 15 (at most 412 bytes).
// ISO/IEC 18004; a tutorial of the same steps: https://www.thonky.com/qr-code-tutorial/

import { s } from "./dom.js";

// By version: error correction bytes per block, and blocks, of level M (table 9).
const correction = [0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24];
const blocks = [0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10];

// The field GF(256) modulo x^8 + x^4 + x^3 + x^2 + 1.
const exponent = new Uint8Array(512), logarithm = new Uint8Array(256);
for (let i = 0, value = 1; i < 255; i += 1) {
    exponent[i] = exponent[i + 255] = value;
    logarithm[value] = i;
    value = (value << 1) ^ (value & 128 ? 0x11d : 0);
}
const times = (a, b) => (a && b ? exponent[logarithm[a] + logarithm[b]] : 0);

/** The remainder of the data by the generator polynomial: Reed and Solomon's check bytes. */
function check(data, length) {
    let generator = [1];
    for (let i = 0; i < length; i += 1) {
        const wider = [...generator, 0];
        generator.forEach((factor, k) => { wider[k + 1] ^= times(factor, exponent[i]); });
        generator = wider;
    }
    const rest = new Uint8Array(length);
    for (const byte of data) {
        const factor = byte ^ rest[0];
        rest.copyWithin(0, 1);
        rest[length - 1] = 0;
        for (let i = 0; i < length; i += 1) rest[i] ^= times(generator[i + 1], factor);
    }
    return rest;
}

/** Centres of the alignment patterns. */
function centres(version) {
    if (version === 1) return [];
    const number = Math.floor(version / 7) + 2, last = version * 4 + 10;
    const step = Math.ceil((last - 6) / (number - 1) / 2) * 2;
    return [6, ...Array.from({ length: number - 1 }, (_, i) => last - step * (number - 2 - i))];
}

/** Modules that carry data: what no pattern takes (annex D and figure 3 in one formula). */
function room(version) {
    let bits = (16 * version + 128) * version + 64;
    if (version >= 2) {
        const number = Math.floor(version / 7) + 2;
        bits -= (25 * number - 10) * number - 55;
        if (version >= 7) bits -= 36;
    }
    return bits >> 3;
}

const dataRoom = (version) => room(version) - correction[version] * blocks[version];

/** The bytes of the symbol: header, text, padding, in interleaved blocks with their check bytes. */
function codewords(text, version) {
    const bits = [];
    const add = (value, length) => { for (let i = length - 1; i >= 0; i -= 1) bits.push((value >> i) & 1); };
    add(4, 4);
    add(text.length, version < 10 ? 8 : 16);
    for (const byte of text) add(byte, 8);
    const space = dataRoom(version);
    add(0, Math.min(4, space * 8 - bits.length));
    add(0, (8 - (bits.length % 8)) % 8);
    for (let pad = 0xec; bits.length < space * 8; pad ^= 0xec ^ 0x11) add(pad, 8);
    const data = Array.from({ length: space }, (_, i) => bits.slice(i * 8, i * 8 + 8).reduce((sum, bit) => sum * 2 + bit, 0));

    const number = blocks[version], short = Math.floor(space / number), long = space % number;
    const parts = [];
    for (let i = 0, at = 0; i < number; i += 1) {
        const length = short + (i >= number - long ? 1 : 0);
        const part = data.slice(at, at += length);
        parts.push({ part, check: check(part, correction[version]) });
    }
    const out = [];
    for (let i = 0; i <= short; i += 1) for (const { part } of parts) if (i < part.length) out.push(part[i]);
    for (let i = 0; i < correction[version]; i += 1) for (const one of parts) out.push(one.check[i]);
    return out;
}

const masks = [
    (x, y) => (x + y) % 2 === 0, (x, y) => y % 2 === 0, (x) => x % 3 === 0, (x, y) => (x + y) % 3 === 0,
    (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0, (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
    (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** A code of the BCH family: the value with its check bits. */
function checked(value, polynomial, length) {
    let rest = value << length;
    const top = 31 - Math.clz32(polynomial);
    for (let i = 31 - Math.clz32(rest || 1); i >= top; i -= 1) if ((rest >> i) & 1) rest ^= polynomial << (i - top);
    return (value << length) | rest;
}

/** Rows of modules, true for dark. Throws when the text is too long. */
export function modules(string) {
    const text = new TextEncoder().encode(string);
    let version = 1;
    while (version < correction.length && dataRoom(version) * 8 < 4 + (version < 10 ? 8 : 16) + text.length * 8) version += 1;
    if (version === correction.length) throw new RangeError("too long for a QR code");
    const size = version * 4 + 17;
    const dark = Array.from({ length: size }, () => new Array(size).fill(false));
    const fixed = Array.from({ length: size }, () => new Array(size).fill(false));
    const set = (x, y, value) => {
        if (x < 0 || y < 0 || x >= size || y >= size) return;
        dark[y][x] = Boolean(value);
        fixed[y][x] = true;
    };

    for (let i = 0; i < size; i += 1) { set(6, i, i % 2 === 0); set(i, 6, i % 2 === 0); }
    for (const [cx, cy] of [[3, 3], [size - 4, 3], [3, size - 4]]) {
        for (let y = -4; y <= 4; y += 1) for (let x = -4; x <= 4; x += 1) {
            const ring = Math.max(Math.abs(x), Math.abs(y));
            set(cx + x, cy + y, ring !== 2 && ring !== 4);
        }
    }
    const places = centres(version), end = places.length - 1;
    places.forEach((cy, i) => places.forEach((cx, k) => {
        if ((i === 0 && k === 0) || (i === 0 && k === end) || (i === end && k === 0)) return;
        for (let y = -2; y <= 2; y += 1) for (let x = -2; x <= 2; x += 1) set(cx + x, cy + y, Math.max(Math.abs(x), Math.abs(y)) !== 1);
    }));
    const format = (mask) => {
        // Level M is 00.
        const bits = checked(mask, 0x537, 10) ^ 0x5412;
        const bit = (i) => (bits >> i) & 1;
        for (let i = 0; i < 6; i += 1) set(8, i, bit(i));
        set(8, 7, bit(6)); set(8, 8, bit(7)); set(7, 8, bit(8));
        for (let i = 9; i < 15; i += 1) set(14 - i, 8, bit(i));
        for (let i = 0; i < 8; i += 1) set(size - 1 - i, 8, bit(i));
        for (let i = 8; i < 15; i += 1) set(8, size - 15 + i, bit(i));
        set(8, size - 8, true);
    };
    format(0);
    if (version >= 7) {
        const bits = checked(version, 0x1f25, 12);
        for (let i = 0; i < 18; i += 1) {
            const a = size - 11 + (i % 3), b = Math.floor(i / 3);
            set(a, b, (bits >> i) & 1); set(b, a, (bits >> i) & 1);
        }
    }

    const stream = codewords(text, version);
    let at = 0;
    for (let right = size - 1; right >= 1; right -= 2) {
        if (right === 6) right = 5;
        const upward = ((right + 1) & 2) === 0;
        for (let step = 0; step < size; step += 1) for (const x of [right, right - 1]) {
            const y = upward ? size - 1 - step : step;
            if (fixed[y][x]) continue;
            dark[y][x] = at < stream.length * 8 && ((stream[at >> 3] >> (7 - (at & 7))) & 1) === 1;
            at += 1;
        }
    }

    const apply = (mask) => {
        for (let y = 0; y < size; y += 1) for (let x = 0; x < size; x += 1) if (!fixed[y][x] && masks[mask](x, y)) dark[y][x] = !dark[y][x];
    };
    let best = 0, least = Infinity;
    for (let mask = 0; mask < 8; mask += 1) {
        apply(mask); format(mask);
        const cost = penalty(dark);
        if (cost < least) { least = cost; best = mask; }
        apply(mask);
    }
    apply(best);
    format(best);
    return dark;
}

/** How hard a symbol is to read (8.8.2): runs, blocks, what looks like a finder, and too much of one colour. */
function penalty(dark) {
    const size = dark.length;
    let cost = 0, black = 0;
    const finder = /(?=10111010000|00001011101)/g;
    for (let i = 0; i < size; i += 1) {
        const across = dark[i].map(Number).join(""), down = dark.map((line) => Number(line[i])).join("");
        for (const line of [across, down]) {
            for (const run of line.match(/0{5,}|1{5,}/g) ?? []) cost += run.length - 2;
            cost += 40 * [...line.matchAll(finder)].length;
        }
        for (let k = 0; k < size; k += 1) {
            black += dark[i][k];
            if (i + 1 < size && k + 1 < size && dark[i][k] === dark[i][k + 1] && dark[i][k] === dark[i + 1][k] && dark[i][k] === dark[i + 1][k + 1]) cost += 3;
        }
    }
    return cost + 10 * Math.floor(Math.abs((black * 20) / (size * size) - 10));
}

/** A picture of the text, black on white with the quiet zone that readers need, in every colour scheme. */
export function qr(text, label) {
    const dark = modules(text), size = dark.length + 8;
    let path = "";
    dark.forEach((line, y) => line.forEach((is, x) => { if (is) path += `M${x + 4} ${y + 4}h1v1h-1z`; }));
    return s("svg", { viewBox: `0 0 ${size} ${size}`, class: "qr", role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
        s("rect", { width: size, height: size, fill: "#fff" }), s("path", { d: path, fill: "#000" }));
}
