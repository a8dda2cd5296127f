/* SPDX-License-Identifier: MIT */
#include "base/encoding.h"

#include <string.h>

void encoding_add_base64(struct text *text, const void *bytes, size_t length)
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

bool encoding_decode_base64(char *bytes, size_t *length)
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

void encoding_add_percent(struct text *text, const char *bytes, size_t length)
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

bool encoding_is_percent(const char *at, const char *end)
{
	return end - at >= 3 && *at == '%' && hex_value(at[1]) >= 0 && hex_value(at[2]) >= 0;
}

static char encoded_byte(const char *at)
{
	return (char)(hex_value(at[1]) << 4 | hex_value(at[2]));
}

bool encoding_decode_percent(char *bytes, size_t *length)
{
	size_t in, out = 0;

	for (in = 0; in < *length; in++) {
		if (bytes[in] != '%') {
			bytes[out++] = bytes[in];
			continue;
		}
		if (!encoding_is_percent(bytes + in, bytes + *length)) {
			*length = in;
			return false;
		}
		bytes[out++] = encoded_byte(bytes + in);
		in += 2;
	}
	*length = out;
	return true;
}

size_t encoding_decode_form(char *bytes, size_t length)
{
	size_t out = 0;

	for (size_t in = 0; in < length; in++) {
		if (bytes[in] == '%' && encoding_is_percent(bytes + in, bytes + length)) {
			bytes[out++] = encoded_byte(bytes + in);
			in += 2;
		} else
			bytes[out++] = bytes[in] == '+' ? ' ' : bytes[in];
	}
	return out;
}
