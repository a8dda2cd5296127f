<?php
// SPDX-License-Identifier: MIT
// The same answers in PHP as one would write them for speed: mysqli, a persistent connection, native integers.

const TABLES = ['users', 'users100', 'users1000', 'users10k'];

function not_found(): never
{
    http_response_code(404);
    echo '{}';
    exit;
}

header('Content-Type: application/json');

[, $table, $key] = explode('/', parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) + [1 => '', 2 => null];
if (!in_array($table, TABLES, true) || ($key !== null && !ctype_digit($key))) {
    not_found();
}

mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
$database = mysqli_init();
$database->options(MYSQLI_OPT_INT_AND_FLOAT_NATIVE, 1);
$database->real_connect(
    'p:localhost',
    getenv('DB_USER'),
    getenv('DB_PASSWORD'),
    getenv('DB_NAME'),
    0,
    getenv('DB_SOCKET'),
);

$select = "SELECT id, username, email FROM $table";
if ($key === null) {
    $answer = $database->query($select)->fetch_all(MYSQLI_ASSOC);
} else {
    $answer = $database->query("$select WHERE id = " . (int) $key)->fetch_assoc() ?? not_found();
}
$body = json_encode($answer, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
header('Content-Length: ' . strlen($body));
echo $body;
