"""Makes the calls in its input with zeep and prints the answers."""

import base64
import json
import sys

import zeep
from zeep.exceptions import Fault
from zeep.helpers import serialize_object


def make(service, call):
    try:
        binary = {name: base64.b64decode(text) for name, text in (call["binary"] or {}).items()}
        answer = service[call["operation"]](**call["arguments"], **binary)
    except Fault as fault:
        return {"fault": str(fault.code), "message": fault.message}
    return {"returned": serialize_object(answer, dict)}


def main():
    task = json.load(sys.stdin)
    client = zeep.Client(task["wsdl"])
    port = client.wsdl.services[task["service"]].ports[task["port"]]
    bound = client.bind(task["service"], task["port"])
    results = []
    for call in task["calls"]:
        service = bound
        if call["endpoint"]:
            service = client.create_service(port.binding.name, call["endpoint"])
        results.append(make(service, call))
    json.dump(results, sys.stdout, default=lambda value: value.decode())


main()
