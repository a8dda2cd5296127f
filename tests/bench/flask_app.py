# SPDX-License-Identifier: MIT
"""The service MyREST replaces, as it was: Flask, Flask-SQLAlchemy, one model, JSON of all its rows.

Run by gunicorn as `flask_app:app`; DATABASE_URL is an SQLAlchemy URL. The model stands on one table per case of the
benchmark, and one of the routes reads a row by its primary key.
"""

import os

from flask import Flask, abort, jsonify
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
db = SQLAlchemy(app)


class User:
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(80), unique=True, nullable=False)
    email = db.Column(db.String(120), unique=True, nullable=False)

    def as_dict(self):
        return {"id": self.id, "username": self.username, "email": self.email}


def serve(table):
    model = type(table.capitalize(), (User, db.Model), {"__tablename__": table})

    def rows():
        return jsonify([user.as_dict() for user in model.query.all()])

    def row(key):
        user = db.session.get(model, key)
        if user is None:
            abort(404)
        return jsonify(user.as_dict())

    app.add_url_rule(f"/{table}", f"{table}-rows", rows)
    app.add_url_rule(f"/{table}/<int:key>", f"{table}-row", row)


for name in ("users", "users100", "users1000", "users10k"):
    serve(name)
