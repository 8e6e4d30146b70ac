"""One question to each stand-in by the vendor's own SDK for Python; what it understood is printed as JSON."""

import json
import os
import sys
import tempfile

question = "Tell me about the dead keys of this laptop"
schema = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Paris"]}},
    "required": ["city"],
    "additionalProperties": False,
}
setting = json.loads(os.environ["STAND_IN"])
origin, accounts = setting["origin"], setting["accounts"]


def seen(whole, streamed, answer, error, usage):
    """`error` is the class and the status that the SDK made of an answer 429."""
    return {"whole": whole, "streamed": streamed, "json": json.loads(answer), "error": error, "usage": usage}


def thrown(call):
    try:
        call()
    except Exception as error:
        numbers = [getattr(error, name, None) for name in ("status_code", "status", "code")]
        status = next((number for number in numbers if isinstance(number, int)), None)
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            return [response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]]
        return [type(error).__name__, status]
    return None


def openai_chat():
    from openai import OpenAI

    ask = dict(model="m", messages=[{"role": "user", "content": question}])
    at = lambda route: OpenAI(base_url=f"{origin}/{route}/v1", api_key="any", max_retries=0).chat.completions
    whole = at("openai").create(**ask)
    chunks = list(at("openai").create(**ask, stream=True, stream_options={"include_usage": True}))
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    return seen(
        whole.choices[0].message.content,
        "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices),
        at("openai").create(**ask, response_format=form).choices[0].message.content,
        thrown(lambda: at("limited").create(**ask)),
        [whole.usage.total_tokens, chunks[-1].usage.total_tokens],
    )


def openai_responses():
    from openai import OpenAI

    ask = dict(model="m", input=question, store=False)
    at = lambda route: OpenAI(base_url=f"{origin}/{route}/v1", api_key="any", max_retries=0).responses
    whole = at("openai").create(**ask)
    events = list(at("openai").create(**ask, stream=True))
    form = {"format": {"type": "json_schema", "name": "answer", "schema": schema, "strict": True}}
    return seen(
        whole.output_text,
        "".join(event.delta for event in events if event.type == "response.output_text.delta"),
        at("openai").create(**ask, text=form).output_text,
        thrown(lambda: at("limited").create(**ask)),
        [whole.usage.total_tokens, events[-1].response.usage.total_tokens],
    )


def azure():
    from openai import AzureOpenAI

    ask = dict(model="m", messages=[{"role": "user", "content": question}])
    at = lambda route: AzureOpenAI(
        azure_endpoint=f"{origin}/{route}", api_version="2024-10-21", api_key="any", max_retries=0
    ).chat.completions
    whole = at("azure").create(**ask)
    chunks = list(at("azure").create(**ask, stream=True, stream_options={"include_usage": True}))
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    return seen(
        whole.choices[0].message.content,
        "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices),
        at("azure").create(**ask, response_format=form).choices[0].message.content,
        thrown(lambda: at("limited").create(**ask)),
        [whole.usage.total_tokens, chunks[-1].usage.total_tokens],
    )


def gemini():
    from google import genai

    ask = dict(model="m", contents=question)
    clients = []  # One that nobody holds any more is closed, its models with it.

    def at(route):
        options = {"base_url": f"{origin}/{route}", "api_version": "v1"}
        clients.append(genai.Client(vertexai=True, api_key="any", http_options=options))
        return clients[-1].models

    whole = at("gemini").generate_content(**ask)
    chunks = list(at("gemini").generate_content_stream(**ask))
    form = {"response_mime_type": "application/json", "response_json_schema": schema}
    return seen(
        whole.text,
        "".join(chunk.text or "" for chunk in chunks),
        at("gemini").generate_content(**ask, config=form).text,
        thrown(lambda: at("limited").generate_content(**ask)),
        [whole.usage_metadata.total_token_count, chunks[-1].usage_metadata.total_token_count],
    )


def bedrock():
    import boto3
    from botocore.config import Config

    def at(route, secret=accounts["aws"]["secretAccessKey"]):
        return boto3.client(
            "bedrock-runtime",
            region_name="eu-central-1",
            endpoint_url=f"{origin}/{route}",
            aws_access_key_id=accounts["aws"]["accessKeyId"],
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}),
        )

    # An ARN has characters that the signature has to encode.
    ask = dict(
        modelId="arn:aws:bedrock:eu-central-1::inference-profile/eu.maker.model-v1:0",
        messages=[{"role": "user", "content": [{"text": question}]}],
    )
    whole = at("bedrock").converse(**ask)
    events = list(at("bedrock").converse_stream(**ask)["stream"])
    tool = {"toolSpec": {"name": "respond", "inputSchema": {"json": schema}}}
    form = {"tools": [tool], "toolChoice": {"tool": {"name": "respond"}}}
    called = at("bedrock").converse(**ask, toolConfig=form)["output"]["message"]["content"][0]["toolUse"]
    answer = seen(
        whole["output"]["message"]["content"][0]["text"],
        "".join(event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event),
        json.dumps(called["input"]),
        thrown(lambda: at("limited").converse(**ask)),
        [whole["usage"]["totalTokens"], events[-1]["metadata"]["usage"]["totalTokens"]],
    )
    return {**answer, "forged": thrown(lambda: at("bedrock", "wrong").converse(**ask))}


def oracle():
    import oci
    from oci.generative_ai_inference import GenerativeAiInferenceClient, models

    def at(route, fingerprint=accounts["oracle"]["fingerprint"]):
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as key:
            key.write(accounts["oracle"]["privateKey"])
            key.flush()
            config = {
                "user": accounts["oracle"]["userId"],
                "tenancy": accounts["oracle"]["tenancyId"],
                "fingerprint": fingerprint,
                "key_file": key.name,
                "region": "eu-frankfurt-1",
            }
            return GenerativeAiInferenceClient(
                config, service_endpoint=f"{origin}/{route}", retry_strategy=oci.retry.NoneRetryStrategy()
            )

    def details(**rest):
        text = models.TextContent(text=question)
        request = models.GenericChatRequest(messages=[models.UserMessage(content=[text])], **rest)
        mode = models.OnDemandServingMode(model_id="meta.llama-3.3-70b-instruct")
        return models.ChatDetails(compartment_id="ocid1.compartment.oc1..aaaa", serving_mode=mode, chat_request=request)

    whole = at("oracle").chat(details()).data.chat_response
    options = models.StreamOptions(is_include_usage=True)
    stream = at("oracle").chat(details(is_stream=True, stream_options=options)).data
    events = [json.loads(event.data) for event in stream.events()]
    form = models.JsonSchemaResponseFormat(
        json_schema=models.ResponseJsonSchema(name="answer", schema=schema, is_strict=True)
    )
    answer = at("oracle").chat(details(response_format=form)).data.chat_response
    texts = [event["message"]["content"] for event in events if event.get("message", {}).get("content")]
    return {
        **seen(
            whole.choices[0].message.content[0].text,
            "".join(text[0]["text"] for text in texts),
            answer.choices[0].message.content[0].text,
            thrown(lambda: at("limited").chat(details())),
            [whole.usage.total_tokens, events[-1]["usage"]["totalTokens"]],
        ),
        "forged": thrown(lambda: at("oracle", "aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99").chat(details())),
    }


def anthropic():
    from anthropic import Anthropic

    ask = dict(model="m", max_tokens=500, messages=[{"role": "user", "content": question}])
    at = lambda route: Anthropic(base_url=f"{origin}/{route}", api_key="any", max_retries=0).messages
    whole = at("anthropic").create(**ask)
    with at("anthropic").stream(**ask) as stream:
        streamed = "".join(stream.text_stream)
        ended = stream.get_final_message()
    form = {"format": {"type": "json_schema", "schema": schema}}
    total = lambda usage: usage.input_tokens + usage.output_tokens
    return seen(
        whole.content[0].text,
        streamed,
        at("anthropic").create(**ask, output_config=form).content[0].text,
        thrown(lambda: at("limited").create(**ask)),
        [total(whole.usage), total(ended.usage)],
    )


print(json.dumps(globals()[sys.argv[1]]()))
