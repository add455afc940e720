"""Webhooks: what happens to an organisation's dubs is told to the addresses that it names.

Signed as Standard Webhooks say (standardwebhooks.com). Messages are written in the transaction of
the change that they tell of, and sent afterwards by whichever replica takes them first.
"""
