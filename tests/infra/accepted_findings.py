"""Findings of checkov that are accepted, each with its reason. Any other is a failure; so is one of
these that no longer turns up."""

ACCEPTED = {
    "CKV2_AWS_5": "The functions' group is attached in another module than the one that makes it; checkov does not follow.",
    "CKV2_AWS_11": "Flow logs cost by the gigabyte and name nobody here: the functions' own logs say what they reached.",
    "CKV2_AWS_29": "Whether a web firewall stands before the API is the operator's choice; key, throttle and quota are there.",
    "CKV2_AWS_51": "Client certificates prove the gateway to an HTTP server; behind this one there is a Lambda function.",
    "CKV2_AWS_53": "The function validates every event, and says more about what is wrong than the gateway could.",
    "CKV2_AWS_62": "The notifications are made for the upload bucket from outside its module; results must trigger nothing.",
    "CKV_AWS_18": "Access logs need a third bucket; data events of CloudTrail do the same for those who must have them.",
    "CKV_AWS_116": "lambda_s3 has a queue with dead letters and a failure destination; lambda_api is only invoked synchronously.",
    "CKV_AWS_120": "Only POST is served, and an answer to one event must never be given to another.",
    "CKV_AWS_144": "What was imported lives in Kafka and the index; a second region is the operator's choice.",
    "CKV_AWS_225": "Only POST is served, and an answer to one event must never be given to another.",
    "CKV_AWS_237": "Whoever replaces the API gets a new address anyway; two APIs of one name would only confuse.",
    "CKV_AWS_272": "Packages are built by who applies this, with a hash in the plan; signing needs a profile of theirs.",
    "CKV_AWS_394": "`zones` names the zones for those who want them fixed; by default the first zone_count are taken.",
}
