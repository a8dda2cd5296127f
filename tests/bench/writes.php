<?php
// SPDX-License-Identifier: MIT
// The same writes in PHP as one would write them for speed: mysqli, a persistent connection, prepared statements.

mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
$database = mysqli_init();
$database->real_connect(
    'p:localhost',
    getenv('DB_USER'),
    getenv('DB_PASSWORD'),
    getenv('DB_NAME'),
    0,
    getenv('DB_SOCKET'),
);

[, $table, $key] = explode('/', parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) + [1 => '', 2 => null];
if ($table !== 'users') {
    http_response_code(404);
    exit;
}

$method = $_SERVER['REQUEST_METHOD'];
if ($method === 'GET') { // whether it answers
    $database->query('SELECT 1')->fetch_row();
    exit;
}

$body = json_decode(file_get_contents('php://input'), true, 8, JSON_THROW_ON_ERROR);
if ($method === 'POST' && array_is_list($body)) {
    $values = [];
    foreach ($body as $row) {
        $values[] = $row['username'];
        $values[] = $row['email'];
    }
    $database->begin_transaction();
    $marks = '(?,?)' . str_repeat(',(?,?)', count($body) - 1);
    $database->prepare("INSERT INTO users (username,email) VALUES $marks")->execute($values);
    $database->commit();
    http_response_code(201);
} elseif ($method === 'POST') {
    $database->prepare('INSERT INTO users (username,email) VALUES (?,?)')->execute([$body['username'], $body['email']]);
    http_response_code(201);
} elseif ($method === 'PATCH' && ctype_digit((string) $key)) {
    $update = $database->prepare('UPDATE users SET email=? WHERE id=?');
    $update->execute([$body['email'], (int) $key]);
    http_response_code($update->affected_rows === 1 ? 204 : 404);
} else {
    http_response_code(405);
}
