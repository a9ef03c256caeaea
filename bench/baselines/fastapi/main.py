"""The usual FastAPI program of the same routes: SQLModel tables, sync endpoints, python-jose.

It is written as such programs are written and not slowed down: one engine with a pool, no access log, uvloop and
httptools under uvicorn, models built without a second validation.
"""

import os
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from enum import Enum
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException, Query, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jose import JWTError, jwt
from pydantic import BaseModel
from sqlmodel import Field, Session, SQLModel, create_engine, func, select

SECRET = os.environ["JWT_SECRET"]
engine = create_engine(os.environ["DATABASE_URL"], pool_size=int(os.environ.get("POOL_MAX", "10")), max_overflow=0)


class PriorityEnum(str, Enum):
    URGENT_IMPORTANT = "urgent_important"
    NOT_URGENT_IMPORTANT = "not_urgent_important"
    URGENT_NOT_IMPORTANT = "urgent_not_important"
    NOT_URGENT_NOT_IMPORTANT = "not_urgent_not_important"


def utc_now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


class Task(SQLModel, table=True):
    title: str = Field(max_length=255)
    description: str | None = None
    due_datetime: datetime | None = None
    priority: PriorityEnum
    is_completed: bool = False
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: UUID = Field(index=True)
    created_at: datetime = Field(default_factory=utc_now)
    updated_at: datetime = Field(default_factory=utc_now)


class TaskCreate(BaseModel):
    title: str
    description: str | None = None
    due_datetime: datetime | None = None
    priority: str
    is_completed: bool = False


class TaskRead(BaseModel):
    model_config = {"from_attributes": True}

    title: str
    description: str | None
    due_datetime: datetime | None
    priority: PriorityEnum
    is_completed: bool
    id: UUID
    user_id: UUID
    created_at: datetime
    updated_at: datetime


class TaskPage(BaseModel):
    tasks: list[TaskRead]
    total_count: int
    limit: int
    offset: int


Payload = TypeVar("Payload")


class Envelope(BaseModel, Generic[Payload]):
    success: Literal[True] = True
    data: Payload


@asynccontextmanager
async def lifespan(_: FastAPI):
    yield
    engine.dispose()


app = FastAPI(lifespan=lifespan)
bearer = HTTPBearer(auto_error=False)


def get_session():
    with Session(engine) as session:
        yield session


def get_user_id(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> UUID:
    if credentials is None:
        raise unauthorized("Not authenticated")
    try:
        claims: dict[str, Any] = jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"])
    except JWTError:
        raise unauthorized("Could not validate credentials") from None
    try:
        return UUID(claims["user_id"])
    except (KeyError, ValueError):
        raise unauthorized("Invalid user_id in token") from None


def unauthorized(detail: str) -> HTTPException:
    return HTTPException(status.HTTP_401_UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})


Database = Annotated[Session, Depends(get_session)]
UserId = Annotated[UUID, Depends(get_user_id)]


@app.get("/health")
def health():
    return {"status": "healthy"}


@app.get("/api/tasks", response_model=Envelope[TaskPage])
def list_tasks(
    user_id: UserId,
    session: Database,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
):
    own = select(Task).where(Task.user_id == user_id)
    total = session.exec(select(func.count()).select_from(own.subquery())).one()
    page = own.order_by(Task.created_at.desc(), Task.id.desc()).limit(limit).offset(offset)
    return {"data": {"tasks": session.exec(page).all(), "total_count": total, "limit": limit, "offset": offset}}


@app.get("/api/tasks/{task_id}", response_model=Envelope[TaskRead])
def read_task(task_id: UUID, user_id: UserId, session: Database):
    task = session.exec(select(Task).where(Task.id == task_id, Task.user_id == user_id)).first()
    if task is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Task not found")
    return {"data": task}


@app.post("/api/tasks", response_model=Envelope[TaskRead], status_code=status.HTTP_201_CREATED)
def create_task(body: TaskCreate, user_id: UserId, session: Database):
    try:
        priority = PriorityEnum(body.priority)
    except ValueError:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "Invalid priority value.") from None
    task = Task(**body.model_dump(exclude={"priority"}), priority=priority, user_id=user_id)
    session.add(task)
    session.commit()
    session.refresh(task)
    return {"data": task}
