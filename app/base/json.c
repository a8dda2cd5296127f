/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <string.h>

#include "base/utf8.h"

enum { JSON_NESTING = 512 };

/* A cursor over JSON text, for the check in json_add. */
struct json {
	const unsigned char *at, *end;
};

/* One byte that a JSON string cannot carry as it is, escaped into out; answers how many bytes that took. */
static size_t add_escape(char *out, unsigned char byte)
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
	out[4] = "0123456789abcdef"[byte >> 4];
	out[5] = "0123456789abcdef"[byte & 15];
	return 6;
}

size_t json_add_string(struct text *text, const char *bytes, size_t length)
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
				out += add_escape(out, *in++);
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

static void skip_space(struct json *json)
{
	while (json->at < json->end && (*json->at == ' ' || *json->at == '\t' || *json->at == '\n' || *json->at == '\r'))
		json->at++;
}

static bool take_word(struct json *json, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(json->end - json->at) < length || memcmp(json->at, word, length) != 0)
		return false;
	json->at += length;
	return true;
}

static bool take_digits(struct json *json)
{
	const unsigned char *start = json->at;

	while (json->at < json->end && *json->at >= '0' && *json->at <= '9')
		json->at++;
	return json->at > start;
}

static bool take_number(struct json *json)
{
	if (json->at < json->end && *json->at == '-')
		json->at++;
	if (json->at < json->end && *json->at == '0')
		json->at++;
	else if (!take_digits(json))
		return false;
	if (json->at < json->end && *json->at == '.') {
		json->at++;
		if (!take_digits(json))
			return false;
	}
	if (json->at < json->end && (*json->at == 'e' || *json->at == 'E')) {
		json->at++;
		if (json->at < json->end && (*json->at == '+' || *json->at == '-'))
			json->at++;
		return take_digits(json);
	}
	return true;
}

static bool is_hex(unsigned char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static bool take_string(struct json *json)
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

static bool take_value(struct json *json, int depth)
{
	unsigned char close;
	bool object;

	skip_space(json);
	if (json->at == json->end)
		return false;
	switch (*json->at) {
	case '"':
		return take_string(json);
	case 't':
		return take_word(json, "true");
	case 'f':
		return take_word(json, "false");
	case 'n':
		return take_word(json, "null");
	case '{':
	case '[':
		break;
	default:
		return take_number(json);
	}
	if (depth == JSON_NESTING)
		return false;
	object = *json->at == '{';
	close = object ? '}' : ']';
	json->at++;
	skip_space(json);
	if (json->at < json->end && *json->at == close) {
		json->at++;
		return true;
	}
	for (;;) {
		if (object) {
			skip_space(json);
			if (!take_string(json))
				return false;
			skip_space(json);
			if (json->at == json->end || *json->at++ != ':')
				return false;
		}
		if (!take_value(json, depth + 1))
			return false;
		skip_space(json);
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

bool json_add(struct text *text, const char *bytes, size_t length)
{
	struct json json = { (const unsigned char *)bytes, (const unsigned char *)bytes + length };

	if (!take_value(&json, 0))
		return false;
	skip_space(&json);
	if (json.at != json.end)
		return false;
	text_add(text, bytes, length);
	return true;
}

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

long json_unit(const char *at, const char *end)
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

size_t json_unescape(char *bytes, size_t length)
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
		unit = json_unit(in, end);
		in += 6;
		if (unit >= 0xd800 && unit <= 0xdbff) {
			if ((low = json_unit(in, end)) < 0xdc00 || low > 0xdfff)
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
static void add_name(struct text *text, const char *string, size_t length)
{
	struct text name = { 0 };
	size_t plain;

	text_add(&name, string + 1, length - 2);
	plain = json_unescape(name.bytes, name.length);
	if (plain == SIZE_MAX)
		text_add(text, string, length);
	else
		json_add_string(text, name.bytes, plain);
	text_release(&name);
}

void json_add_names(struct text *text, const char *bytes, size_t length)
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
			add_name(text, from, (size_t)(at - from));
		else
			text_add(text, from, (size_t)(at - from));
	}
}
