/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"

enum { JSON_NESTING = 512 };

static const char hex_digits[] = "0123456789abcdef";

void text_reserve(struct text *text, size_t more)
{
	size_t size = text->size ? text->size : 256;

	if (text->size - text->length >= more)
		return;
	while (size - text->length < more)
		size *= 2;
	text->bytes = memory_grow(text->bytes, size);
	text->size = size;
}

void text_add(struct text *text, const void *bytes, size_t length)
{
	if (length == 0)
		return;
	text_reserve(text, length);
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
}

void text_add_string(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_add_char(struct text *text, char byte)
{
	text_reserve(text, 1);
	text->bytes[text->length++] = byte;
}

void text_add_unsigned(struct text *text, uint64_t number)
{
	char digits[20], *first = digits + sizeof(digits);

	do
		*--first = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	text_add(text, first, (size_t)(digits + sizeof(digits) - first));
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length <= 0)
		return;
	text_reserve(text, (size_t)length + 1);
	va_start(arguments, format);
	vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	text->length += (size_t)length;
}

const char *text_terminate(struct text *text)
{
	text_reserve(text, 1);
	text->bytes[text->length] = '\0';
	return text->bytes;
}

void text_clear(struct text *text)
{
	text->length = 0;
}

void text_release(struct text *text)
{
	free(text->bytes);
	memset(text, 0, sizeof(*text));
}

/* The length of the UTF-8 sequence that starts here (its first byte is >= 0x80), or 0 when there is none (RFC 3629:
 * no overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t utf8_sequence(const unsigned char *bytes, size_t length)
{
	unsigned char first = bytes[0];

	if (first >= 0xc2 && first <= 0xdf)
		return length >= 2 && (bytes[1] & 0xc0) == 0x80 ? 2 : 0;
	if (first >= 0xe0 && first <= 0xef) {
		if (length < 3 || (bytes[1] & 0xc0) != 0x80 || (bytes[2] & 0xc0) != 0x80 ||
		    (first == 0xe0 && bytes[1] < 0xa0) || (first == 0xed && bytes[1] > 0x9f))
			return 0;
		return 3;
	}
	if (first >= 0xf0 && first <= 0xf4) {
		if (length < 4 || (bytes[1] & 0xc0) != 0x80 || (bytes[2] & 0xc0) != 0x80 ||
		    (bytes[3] & 0xc0) != 0x80 || (first == 0xf0 && bytes[1] < 0x90) ||
		    (first == 0xf4 && bytes[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

/* Eight bytes of ASCII at once: most text is that. */
static bool is_ascii_word(const unsigned char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return (word & 0x8080808080808080) == 0;
}

size_t text_utf8_span(const char *bytes, size_t length)
{
	const unsigned char *text = (const unsigned char *)bytes;
	size_t at = 0, step;

	while (at < length) {
		if (length - at >= 8 && is_ascii_word(text + at)) {
			at += 8;
			continue;
		}
		step = text[at] < 0x80 ? 1 : utf8_sequence(text + at, length - at);
		if (step == 0)
			break;
		at += step;
	}
	return at;
}

size_t text_utf8_offset(struct slice text, size_t place)
{
	size_t at = 0;

	for (; at < text.length; at++)
		if (((unsigned char)text.bytes[at] & 0xc0) != 0x80 && --place == 0)
			break;
	return at;
}

/* One byte that a JSON string cannot carry as it is, escaped into out; answers how many bytes that took. */
static size_t json_escape(char *out, unsigned char byte)
{
	static const char short_forms[] = "btn\0fr"; /* from U+0008 on */

	out[0] = '\\';
	if (byte == '"' || byte == '\\') {
		out[1] = (char)byte;
		return 2;
	}
	if (byte >= 8 && byte <= 13 && short_forms[byte - 8] != '\0') {
		out[1] = short_forms[byte - 8];
		return 2;
	}
	memcpy(out + 1, "u00", 3);
	out[4] = hex_digits[byte >> 4];
	out[5] = hex_digits[byte & 15];
	return 6;
}

size_t text_add_json_string(struct text *text, const char *bytes, size_t length)
{
	enum { PIECE = 1024 }; /* room is made for the worst case of one piece at a time */
	const unsigned char *in = (const unsigned char *)bytes, *end = in + length, *piece_end;
	size_t replaced = 0, step;
	char *out;

	text_add_char(text, '"');
	while (in < end) {
		text_reserve(text, PIECE * 6 + 8);
		piece_end = end - in > PIECE ? in + PIECE : end;
		out = text->bytes + text->length;
		while (in < piece_end) {
			if (*in >= 0x20 && *in < 0x80 && *in != '"' && *in != '\\')
				*out++ = (char)*in++;
			else if (*in < 0x80)
				out += json_escape(out, *in++);
			else if ((step = utf8_sequence(in, (size_t)(end - in))) > 0) {
				memcpy(out, in, step);
				out += step;
				in += step;
			} else {
				memcpy(out, "\xef\xbf\xbd", 3);
				out += 3;
				in++;
				replaced++;
			}
		}
		text->length = (size_t)(out - text->bytes);
	}
	text_add_char(text, '"');
	return replaced;
}

/* A cursor over JSON text, for the check in text_add_json. */
struct json {
	const unsigned char *at, *end;
};

static void json_space(struct json *json)
{
	while (json->at < json->end && (*json->at == ' ' || *json->at == '\t' || *json->at == '\n' || *json->at == '\r'))
		json->at++;
}

static bool json_literal(struct json *json, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(json->end - json->at) < length || memcmp(json->at, word, length) != 0)
		return false;
	json->at += length;
	return true;
}

static bool json_digits(struct json *json)
{
	const unsigned char *start = json->at;

	while (json->at < json->end && *json->at >= '0' && *json->at <= '9')
		json->at++;
	return json->at > start;
}

static bool json_number(struct json *json)
{
	if (json->at < json->end && *json->at == '-')
		json->at++;
	if (json->at < json->end && *json->at == '0')
		json->at++;
	else if (!json_digits(json))
		return false;
	if (json->at < json->end && *json->at == '.') {
		json->at++;
		if (!json_digits(json))
			return false;
	}
	if (json->at < json->end && (*json->at == 'e' || *json->at == 'E')) {
		json->at++;
		if (json->at < json->end && (*json->at == '+' || *json->at == '-'))
			json->at++;
		return json_digits(json);
	}
	return true;
}

static bool is_hex(unsigned char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static bool json_string(struct json *json)
{
	size_t step;

	if (json->at == json->end || *json->at++ != '"')
		return false;
	while (json->at < json->end && *json->at != '"') {
		if (*json->at < 0x20)
			return false;
		if (*json->at >= 0x80) {
			if ((step = utf8_sequence(json->at, (size_t)(json->end - json->at))) == 0)
				return false;
			json->at += step;
		} else if (*json->at++ == '\\') {
			if (json->at == json->end)
				return false;
			if (*json->at == 'u') {
				if (json->end - json->at < 5 || !is_hex(json->at[1]) || !is_hex(json->at[2]) ||
				    !is_hex(json->at[3]) || !is_hex(json->at[4]))
					return false;
				json->at += 5;
			} else if (memchr("\"\\/bfnrt", *json->at, 8) != NULL)
				json->at++;
			else
				return false;
		}
	}
	return json->at < json->end && *json->at++ == '"';
}

static bool json_value(struct json *json, int depth)
{
	unsigned char close;
	bool object;

	json_space(json);
	if (json->at == json->end)
		return false;
	switch (*json->at) {
	case '"':
		return json_string(json);
	case 't':
		return json_literal(json, "true");
	case 'f':
		return json_literal(json, "false");
	case 'n':
		return json_literal(json, "null");
	case '{':
	case '[':
		break;
	default:
		return json_number(json);
	}
	if (depth == JSON_NESTING)
		return false;
	object = *json->at == '{';
	close = object ? '}' : ']';
	json->at++;
	json_space(json);
	if (json->at < json->end && *json->at == close) {
		json->at++;
		return true;
	}
	for (;;) {
		if (object) {
			json_space(json);
			if (!json_string(json))
				return false;
			json_space(json);
			if (json->at == json->end || *json->at++ != ':')
				return false;
		}
		if (!json_value(json, depth + 1))
			return false;
		json_space(json);
		if (json->at == json->end)
			return false;
		if (*json->at == close) {
			json->at++;
			return true;
		}
		if (*json->at++ != ',')
			return false;
	}
}

bool text_add_json(struct text *text, const char *bytes, size_t length)
{
	struct json json = { (const unsigned char *)bytes, (const unsigned char *)bytes + length };

	if (!json_value(&json, 0))
		return false;
	json_space(&json);
	if (json.at != json.end)
		return false;
	text_add(text, bytes, length);
	return true;
}

/* --- Escapes in JSON --- */

static int hex_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

long text_json_unit(const char *at, const char *end)
{
	long unit = 0;

	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		if (hex_digit(at[i]) < 0)
			return -1;
		unit = unit << 4 | hex_digit(at[i]);
	}
	return unit;
}

static char *add_utf8(char *out, unsigned long point)
{
	if (point < 0x80) {
		*out++ = (char)point;
		return out;
	}
	if (point < 0x800)
		*out++ = (char)(0xc0 | point >> 6);
	else {
		if (point < 0x10000)
			*out++ = (char)(0xe0 | point >> 12);
		else {
			*out++ = (char)(0xf0 | point >> 18);
			*out++ = (char)(0x80 | (point >> 12 & 63));
		}
		*out++ = (char)(0x80 | (point >> 6 & 63));
	}
	*out++ = (char)(0x80 | (point & 63));
	return out;
}

size_t text_json_unescape(char *bytes, size_t length)
{
	static const char escapes[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	const char *in = bytes, *end = bytes + length, *plain, *escape;
	char *out = bytes;
	long unit, low;

	while (in < end) {
		if ((plain = memchr(in, '\\', (size_t)(end - in))) == NULL)
			plain = end;
		memmove(out, in, (size_t)(plain - in));
		out += plain - in;
		if ((in = plain) == end)
			break;
		if (in[1] != 'u') {
			escape = memchr(escapes, in[1], sizeof(escapes) - 1);
			*out++ = escape != NULL ? meanings[escape - escapes] : in[1];
			in += 2;
			continue;
		}
		unit = text_json_unit(in, end);
		in += 6;
		if (unit >= 0xd800 && unit <= 0xdbff) {
			if ((low = text_json_unit(in, end)) < 0xdc00 || low > 0xdfff)
				return SIZE_MAX;
			unit = 0x10000 + ((unit - 0xd800) << 10) + low - 0xdc00;
			in += 6;
		} else if (unit >= 0xdc00 && unit <= 0xdfff)
			return SIZE_MAX;
		out = add_utf8(out, (unsigned long)unit);
	}
	return (size_t)(out - bytes);
}

/* The string that begins at the quote, as a name. */
static void add_json_name(struct text *text, const char *string, size_t length)
{
	struct text name = { 0 };
	size_t plain;

	text_add(&name, string + 1, length - 2);
	plain = text_json_unescape(name.bytes, name.length);
	if (plain == SIZE_MAX)
		text_add(text, string, length);
	else
		text_add_json_string(text, name.bytes, plain);
	text_release(&name);
}

void text_add_json_names(struct text *text, const char *bytes, size_t length)
{
	const char *at = bytes, *end = bytes + length, *from, *behind;
	bool escaped;

	while (at < end) {
		if ((from = memchr(at, '"', (size_t)(end - at))) == NULL)
			from = end;
		text_add(text, at, (size_t)(from - at));
		if ((at = from) == end)
			break;
		escaped = false;
		for (at++; at < end && *at != '"'; at++)
			if (*at == '\\') {
				escaped = true;
				at++;
			}
		at++;
		behind = at;
		while (behind < end && strchr(" \t\r\n", *behind) != NULL)
			behind++;
		if (escaped && behind < end && *behind == ':')
			add_json_name(text, from, (size_t)(at - from));
		else
			text_add(text, from, (size_t)(at - from));
	}
}

void text_add_base64(struct text *text, const void *bytes, size_t length)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = bytes;
	uint32_t group;
	char *out;

	text_reserve(text, (length + 2) / 3 * 4);
	out = text->bytes + text->length;
	for (; length > 0; in += 3, out += 4) {
		group = (uint32_t)in[0] << 16 | (length > 1 ? (uint32_t)in[1] << 8 : 0) | (length > 2 ? in[2] : 0);
		out[0] = alphabet[group >> 18];
		out[1] = alphabet[group >> 12 & 63];
		out[2] = length > 1 ? alphabet[group >> 6 & 63] : '=';
		out[3] = length > 2 ? alphabet[group & 63] : '=';
		length -= length > 2 ? 3 : length;
	}
	text->length = (size_t)(out - text->bytes);
}

static int base64_digit(char byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return byte - 'A';
	if (byte >= 'a' && byte <= 'z')
		return byte - 'a' + 26;
	if (byte >= '0' && byte <= '9')
		return byte - '0' + 52;
	if (byte == '+' || byte == '-')
		return 62;
	if (byte == '/' || byte == '_')
		return 63;
	return -1;
}

bool text_base64_decode(char *bytes, size_t *length)
{
	size_t in, out = 0, digits = *length;
	uint32_t group = 0;
	int digit;

	while (digits > 0 && *length - digits < 2 && bytes[digits - 1] == '=')
		digits--;
	if (digits < *length && *length % 4 != 0)
		return false;
	for (in = 0; in < digits; in++) {
		if ((digit = base64_digit(bytes[in])) < 0)
			return false;
		group = group << 6 | (uint32_t)digit;
		if (in % 4 == 0)
			continue;
		bytes[out++] = (char)(group >> (6 - in % 4 * 2));
	}
	if (digits % 4 == 1)
		return false;
	*length = out;
	return true;
}

static int hex_value(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

void text_add_percent(struct text *text, const char *bytes, size_t length)
{
	static const char upper_digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if ((byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z') ||
		    (byte != '\0' && strchr("-._~", byte) != NULL)) {
			text_add_char(text, (char)byte);
			continue;
		}
		text_add_char(text, '%');
		text_add_char(text, upper_digits[byte >> 4]);
		text_add_char(text, upper_digits[byte & 15]);
	}
}

bool text_is_percent_encoded(const char *at, const char *end)
{
	return end - at >= 3 && *at == '%' && hex_value(at[1]) >= 0 && hex_value(at[2]) >= 0;
}

static char encoded_byte(const char *at)
{
	return (char)(hex_value(at[1]) << 4 | hex_value(at[2]));
}

bool text_percent_decode(char *bytes, size_t *length)
{
	size_t in, out = 0;

	for (in = 0; in < *length; in++) {
		if (bytes[in] != '%') {
			bytes[out++] = bytes[in];
			continue;
		}
		if (!text_is_percent_encoded(bytes + in, bytes + *length)) {
			*length = in;
			return false;
		}
		bytes[out++] = encoded_byte(bytes + in);
		in += 2;
	}
	*length = out;
	return true;
}

size_t text_query_decode(char *bytes, size_t length)
{
	size_t out = 0;

	for (size_t in = 0; in < length; in++) {
		if (bytes[in] == '%' && text_is_percent_encoded(bytes + in, bytes + length)) {
			bytes[out++] = encoded_byte(bytes + in);
			in += 2;
		} else
			bytes[out++] = bytes[in] == '+' ? ' ' : bytes[in];
	}
	return out;
}

const char *slice_find(const char *from, const char *to, char byte)
{
	const char *found = from < to ? memchr(from, byte, (size_t)(to - from)) : NULL;

	return found != NULL ? found : to;
}

const char *slice_find_unquoted(const char *from, const char *to, char byte)
{
	const char *found = slice_find(from, to, byte);
	bool quoted = false;

	if (slice_find(from, found, '"') == found) /* mostly */
		return found;
	for (; from < to && (quoted || *from != byte); from++)
		if (*from == '"')
			quoted = !quoted;
		else if (quoted && *from == '\\' && from + 1 < to)
			from++;
	return from;
}

bool slice_is_word(struct slice slice, const char *word)
{
	return slice.length == strlen(word) && strncasecmp(slice.bytes, word, slice.length) == 0;
}

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct slice text_trimmed(struct slice text)
{
	while (text.length > 0 && is_space(text.bytes[0])) {
		text.bytes++;
		text.length--;
	}
	while (text.length > 0 && is_space(text.bytes[text.length - 1]))
		text.length--;
	return text;
}

struct slice slice_trim(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
		to--;
	return (struct slice){ from, (size_t)(to - from) };
}
