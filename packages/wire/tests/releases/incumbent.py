"""A small FastAPI application as the releases of the presets run it. Prints its port, serves until stdin ends."""

import socket
import sys
import threading
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Dict, List, Optional
from uuid import UUID, uuid4

import uvicorn
from fastapi import Depends, FastAPI, Form, HTTPException, UploadFile
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, EmailStr, Field

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example"],
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)
# Every handler that would change something counts itself: no probe may get that far.
changes: List[str] = []


class Signup(BaseModel):
    email: EmailStr
    password: str
    born: Optional[datetime] = None


class Job(BaseModel):
    id: UUID
    every: timedelta
    labels: Dict[str, int] = Field(default={}, max_length=2)
    price: Optional[Decimal] = None


class Task(BaseModel):
    title: str
    due: Optional[datetime] = None


class StoredTask(Task):
    id: UUID
    price: Optional[Decimal] = None


def current_user(credentials: HTTPAuthorizationCredentials = Depends(HTTPBearer())) -> str:
    if credentials.credentials != "test-token":
        raise HTTPException(401, "Could not validate credentials")
    return credentials.credentials


@app.get("/health")
def health():
    return {"status": "healthy"}


@app.get("/changes")
def list_changes():
    return changes


@app.post("/signup", status_code=201)
def signup(body: Signup):
    changes.append("signup")
    return {"email": body.email}


@app.post("/token")
def token(form: OAuth2PasswordRequestForm = Depends()):
    changes.append("token")
    return {"access_token": form.username}


@app.post("/jobs")
def create_job(job: Job):
    changes.append("job")
    return job


@app.post("/files")
def upload(file: UploadFile, name: str = Form()):
    changes.append("file")
    return {"name": name}


@app.get("/tasks", response_model=List[StoredTask])
def list_tasks(since: Optional[datetime] = None, user: str = Depends(current_user)):
    return []


@app.get("/tasks/{task_id}", response_model=StoredTask)
def get_task(task_id: UUID, user: str = Depends(current_user)):
    raise HTTPException(404, "Task not found")


@app.post("/tasks", status_code=201, response_model=StoredTask)
def create_task(task: Task, user: str = Depends(current_user)):
    changes.append("task")
    return StoredTask(id=uuid4(), **task.dict())


@app.get("/public/{task_id}")
def public_task(task_id: UUID):
    raise HTTPException(404, "Task not found")


def main() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    # From here on requests wait until they are accepted.
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))

    def stop_with_parent() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=stop_with_parent, daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    server.run(sockets=[listener])


main()
