"""A model whose every request goes through `ask`: found in the journal, or sent and written down."""

from collections.abc import Callable
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from cairn.authors.author import Answer, Ask
from cairn.authors.model.expecting import expected_of
from cairn.authors.model.price import Price

NO_RETRIES: ModelSettings = {"max_retries": 0}
"""Of the providers' own clients: each request sent must be one row of the journal."""


class JournaledModel(WrapperModel):
    """`explained` turns what a request raises into an error of ours; `cut_short`, if there is one, is raised
    for an answer that was cut off by its length. `form` is what it asks for."""

    def __init__(
        self, wrapped: Model, ask: Ask, explained: Callable[[Exception], Exception], price: Price, form: str,
        cut_short: Exception | None = None,
    ) -> None:  # fmt: skip
        super().__init__(wrapped)
        self.ask = ask
        self.explained = explained
        self.price = price
        self.form = form
        self.cut_short = cut_short

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        async def send(key: str) -> Answer:
            settings: ModelSettings = {**(model_settings or {}), **NO_RETRIES}
            try:
                response = check_ended(
                    await self.wrapped.request(messages, settings, model_request_parameters)
                )
            except Exception as error:
                raise self.explained(error) from error
            [content] = ModelMessagesTypeAdapter.dump_python([response], mode="json")
            usage = response.usage
            return Answer(content, usage.input_tokens, usage.output_tokens, self.price.of(response))

        said = request_said(self.wrapped.model_id, messages, model_request_parameters)
        expected = expected_of(self.price, self.form, len(repr(said).encode()))
        [response] = ModelMessagesTypeAdapter.validate_python([await self.ask(said, send, expected)])
        assert isinstance(response, ModelResponse)
        if response.finish_reason == "length" and self.cut_short:
            raise self.cut_short
        return response


def check_ended(response: ModelResponse) -> ModelResponse:
    """Google's client takes any JSON for an answer, one without content and end; a model says at least why it
    ended."""
    if not response.parts and response.finish_reason is None:
        raise ValueError("it has neither content nor an end.")
    return response


def request_said(
    model: str, messages: list[ModelMessage], parameters: ModelRequestParameters
) -> dict[str, Any]:
    """The request in plain values: what the model is told, and in which form it is to answer. Neither times
    nor ids that differ from one process to the next."""
    forms: list[Any] = [
        {"name": tool.name, "schema": tool.parameters_json_schema} for tool in parameters.output_tools
    ]
    if (form := parameters.output_object) and parameters.output_mode != "tool":
        forms.append({"name": form.name, "schema": form.json_schema})
    return {
        "model": model,
        "messages": [said for message in messages for said in parts_said(message)],
        "answer": forms,
        "mode": parameters.output_mode,
    }


def parts_said(message: ModelMessage) -> list[Any]:
    """What one message tells."""
    said: list[Any] = []
    if isinstance(message, ModelRequest) and message.instructions:
        said.append(["instructions", message.instructions])
    for part in message.parts:
        match part:
            case ToolCallPart():
                said.append([part.part_kind, part.tool_name, part.args_as_json_str()])
            case ToolReturnPart():
                said.append([part.part_kind, part.tool_name, part.model_response_str()])
            case _:
                said.append([part.part_kind, told(part)])
    return said


def told(part: Any) -> str:
    if hasattr(part, "model_response"):
        return str(part.model_response())
    return str(part.content) if isinstance(getattr(part, "content", None), str) else ""
