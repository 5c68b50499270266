"""Makes the calls that stand on its input with zeep and prints what came of each."""

import base64
import json
import sys

import zeep
from zeep.exceptions import Fault


def make(client, service, call):
    try:
        binary = {name: base64.b64decode(text) for name, text in (call["binary"] or {}).items()}
        answer = service[call["operation"]](**call["arguments"], **binary)
    except Fault as fault:
        return {"fault": str(fault.code), "message": fault.message}
    acuse = getattr(answer, "acuseSat", None)
    return {
        "status": answer.status,
        "message": answer.mensaje,
        "acuse": base64.b64encode(acuse).decode() if acuse is not None else None,
    }


def main():
    task = json.load(sys.stdin)
    client = zeep.Client(task["wsdl"])
    port = client.wsdl.services["Cancelacion"].ports[task["port"]]
    bound = client.bind("Cancelacion", task["port"])
    results = []
    for call in task["calls"]:
        service = bound
        if call["endpoint"]:
            service = client.create_service(port.binding.name, call["endpoint"])
        results.append(make(client, service, call))
    json.dump(results, sys.stdout)


main()
