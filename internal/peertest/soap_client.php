<?php
// Makes the calls in its input with SoapClient and prints the answers.

declare(strict_types=1);

error_reporting(E_ALL);
set_error_handler(function (int $level, string $message, string $file, int $line): bool {
    throw new ErrorException($message, 0, $level, $file, $line);
});

/** addressOf returns where the WSDL says that a port listens. */
function addressOf(string $wsdl, string $port): string
{
    // The extensions that read XML are not part of php-soap.
    $pattern = '/<wsdl:port name="' . preg_quote($port, '/') . '".*?<\w+:address location="([^"]+)"/s';
    if (preg_match_all($pattern, file_get_contents($wsdl), $found) !== 1) {
        throw new RuntimeException("the WSDL has no port $port");
    }
    return html_entity_decode($found[1][0], ENT_QUOTES | ENT_XML1);
}

function make(SoapClient $client, array $call): array
{
    try {
        $binary = array_map('base64_decode', $call['binary'] ?? []);
        $answer = $client->__soapCall($call['operation'], [$call['arguments'] + $binary]);
    } catch (SoapFault $fault) {
        return ['fault' => $fault->faultcode, 'message' => $fault->getMessage()];
    }
    return ['returned' => array_values((array) $answer)[0]];
}

$task = json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR);
$results = [];
foreach ($task['calls'] as $call) {
    $client = new SoapClient($task['wsdl'], [
        'soap_version' => $task['version'] === '1.2' ? SOAP_1_2 : SOAP_1_1,
        // SoapClient takes the first port of the WSDL for every version.
        'location' => $call['endpoint'] !== '' ? $call['endpoint'] : addressOf($task['wsdl'], $task['port']),
        'cache_wsdl' => WSDL_CACHE_NONE,
        'exceptions' => true,
    ]);
    $results[] = make($client, $call);
}
echo json_encode($results, JSON_THROW_ON_ERROR);
