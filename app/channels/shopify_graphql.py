"""The operations of Shopify's Admin GraphQL API that we use, version 2026-10. `shopify_admin` is the wire that they go over."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

VERSION: Final = "2026-10"

_VARIANT: Final = """
  legacyResourceId
  sku
  title
  inventoryPolicy
  requiresComponents
  product { legacyResourceId title status }
  inventoryItem {
    legacyResourceId
    tracked
    duplicateSkuCount
    inventoryLevel(locationId: LOCATION) { isActive quantities(names: ["available"]) { name quantity } }
  }
"""

# Each of these asks for at most 1,000 points, the most that one query may cost: an object is 1, a connection 2 and what it holds times
# its `first`, a mutation 10. The whole is reserved before the query runs, so pages are kept small.
_TEXTS: Final = (
    """
query ShopIdentity {
  shop { id name myshopifyDomain currencyCode }
  currentAppInstallation { accessScopes { handle } }
}
""",
    """
query Locations($after: String) {
  locations(first: 50, after: $after, includeInactive: false) {
    pageInfo { hasNextPage endCursor }
    nodes { id name isActive fulfillsOnlineOrders }
  }
}
""",
    """
query OrdersUpdatedSince($after: String, $search: String!) {
  orders(first: 100, after: $after, query: $search, sortKey: UPDATED_AT, reverse: false) {
    pageInfo { hasNextPage endCursor }
    nodes { legacyResourceId updatedAt }
  }
}
""",
    """
query OldestOrder {
  orders(first: 1, sortKey: ID, reverse: false) { nodes { legacyResourceId } }
}
""",
    """
query OrderCore($id: ID!, $afterLine: String) {
  order(id: $id) {
    legacyResourceId
    name
    createdAt
    updatedAt
    cancelledAt
    cancelReason
    confirmed
    test
    sourceName
    displayFinancialStatus
    currencyCode
    presentmentCurrencyCode
    taxesIncluded
    totalShippingPriceSet { shopMoney { amount } }
    totalTaxSet { shopMoney { amount } }
    totalDiscountsSet { shopMoney { amount } }
    totalPriceSet { shopMoney { amount } }
    email
    phone
    billingAddress { name company }
    shippingAddress { name company address1 address2 city province provinceCode zip countryCodeV2 phone }
    lineItems(first: 20, after: $afterLine) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id
        sku
        title
        variantTitle
        quantity
        currentQuantity
        unfulfilledQuantity
        requiresShipping
        variant { legacyResourceId inventoryItem { tracked } }
        originalUnitPriceSet { shopMoney { amount } }
        discountAllocations { allocatedAmountSet { shopMoney { amount } } }
        taxLines { priceSet { shopMoney { amount } } }
      }
    }
    refunds(first: 6) {
      id
      refundLineItems(first: 6) {
        pageInfo { hasNextPage endCursor }
        nodes { quantity restockType location { id } lineItem { id } }
      }
    }
    fulfillments(first: 6) {
      id
      status
      fulfillmentLineItems(first: 10) {
        pageInfo { hasNextPage endCursor }
        nodes { quantity lineItem { id } }
      }
    }
  }
}
""",
    """
query OrderRefunds($id: ID!) {
  order(id: $id) { updatedAt refunds(first: 250) { id } }
}
""",
    """
query RefundLines($id: ID!, $after: String) {
  refund(id: $id) {
    refundLineItems(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { quantity restockType location { id } lineItem { id } }
    }
  }
}
""",
    """
query OrderFulfillments($id: ID!) {
  order(id: $id) { updatedAt fulfillments(first: 250) { id status trackingInfo(first: 2) { number } } }
}
""",
    """
query FulfillmentLines($id: ID!, $after: String) {
  fulfillment(id: $id) {
    fulfillmentLineItems(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { quantity lineItem { id } }
    }
  }
}
""",
    """
query OrderFulfillmentState($id: ID!, $after: String) {
  order(id: $id) {
    fulfillmentOrders(first: 10, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id
        status
        assignedLocation { location { id } }
        lineItems(first: 30) {
          pageInfo { hasNextPage endCursor }
          nodes { id remainingQuantity totalQuantity lineItem { id } }
        }
      }
    }
  }
}
""",
    """
query FulfillmentOrderLines($id: ID!, $after: String) {
  fulfillmentOrder(id: $id) {
    lineItems(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id remainingQuantity totalQuantity lineItem { id } }
    }
  }
}
""",
    """
mutation ShipFulfillmentOrder($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id status }
    userErrors { field message }
  }
}
""",
    """
query VariantsCount {
  productVariantsCount(limit: 1001) { count }
}
""",
    f"""
query VariantListing($after: String, $locationId: ID!) {{
  productVariants(first: 100, after: $after, sortKey: ID) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{ {_VARIANT.replace("LOCATION", "$locationId")} }}
  }}
}}
""",
    """
mutation RunBulk($query: String!) {
  bulkOperationRunQuery(query: $query) {
    bulkOperation { id }
    userErrors { code field message }
  }
}
""",
    """
query BulkOperations {
  bulkOperations(first: 10) { nodes { id status createdAt query } }
}
""",
    """
query BulkStatus($id: ID!) {
  bulkOperation(id: $id) { status createdAt rootObjectCount url }
}
""",
    """
query InventoryForItems($ids: [ID!]!, $locationId: ID!) {
  nodes(ids: $ids) {
    ... on InventoryItem {
      tracked
      variants(first: 2) { nodes { inventoryPolicy } }
      inventoryLevel(locationId: $locationId) { isActive quantities(names: ["available"]) { name quantity } }
    }
  }
}
""",
    """
mutation SetAvailable($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup {
      id
      changes { name quantityAfterChange item { id } location { id } }
    }
    userErrors { code field message }
  }
}
""",
    """
query ListWebhooks($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { id topic uri name format filter includeFields }
  }
}
""",
    """
mutation SubscribeWebhook($topic: WebhookSubscriptionTopic!, $sub: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $sub) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
""",
    """
mutation DeleteWebhook($id: ID!) {
  webhookSubscriptionDelete(id: $id) {
    deletedWebhookSubscriptionId
    userErrors { field message }
  }
}
""",
)

OPERATIONS: Final[Mapping[str, str]] = {re.findall(r"\w+", text)[1]: text.strip() for text in _TEXTS}


ROOTS: Final = {name: re.findall(r"\w+", text.partition("{")[2])[0] for name, text in OPERATIONS.items()}


def listing_in_bulk(location: str) -> str:
    """`VariantListing` without pages or variables, for `RunBulk`. An item has one level at the location, so nothing is nested: each line
    of the file is a variant."""
    variant = _VARIANT.replace("LOCATION", json.dumps(location))
    return f"query TallystickListing {{ productVariants {{ edges {{ node {{ id {variant} }} }} }} }}"


def gid(kind: str, number: str) -> str:
    return f"gid://shopify/{kind}/{number}"


def tail(gid_: str) -> str:
    """The number that webhooks and people know it by."""
    return gid_.rpartition("/")[2].partition("?")[0]
